// Goes through every package, however many there are, and sums the sizes of
// each section.
//
//   source deploy/local/run/env && sections

#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include "sluice/client/client.h"

namespace {

absl::Status PrintSections() {
  const auto client = sluice::client::Client::OpenFromEnvironment();
  if (!client.ok()) return client.status();
  auto stream = client->QueryStream(
      sluice::client::Statement("SELECT section, installed_size FROM packages"),
      {.timeout = absl::Minutes(5), .tag = "example"});
  if (!stream.ok()) return stream.status();
  std::map<std::string, int64_t> kib_by_section;
  for (auto& row : stream->as<std::string, std::optional<int64_t>>()) {
    if (!row.ok()) return row.status();
    const auto& [section, kib] = *row;
    kib_by_section[section] += kib.value_or(0);
  }
  for (const auto& [section, kib] : kib_by_section) {
    std::cout << section << " " << kib << "\n";
  }
  std::cout << stream->summary()->command_tag() << "\n";
  return absl::OkStatus();
}

}  // namespace

int main() {
  const absl::Status status = PrintSections();
  if (status.ok()) return 0;
  // What a program can act on; the message is for people.
  const auto details = sluice::client::ErrorDetails::From(status);
  std::cerr << absl::StatusCodeToString(status.code()) << " "
            << details.reason_name << ": " << status.message() << "\n";
  return 1;
}

// Asks a Sluice gateway for the largest packages of a section.
//
//   source deploy/local/run/env && largest [SECTION [KIB]]

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "sluice/client/client.h"

namespace {

constexpr char kSql[] = R"(
    SELECT name, version, installed_size, depends
    FROM packages
    WHERE section = $1 AND installed_size >= $2
    ORDER BY installed_size DESC, name
    LIMIT 5)";

absl::Status PrintLargest(const std::string& section, int64_t least_kib) {
  // From SLUICE_ADDRESS, SLUICE_CA, SLUICE_CERT, SLUICE_KEY, SLUICE_DATABASE.
  const auto client = sluice::client::Client::OpenFromEnvironment();
  if (!client.ok()) return client.status();
  const auto rows = client->Query(kSql, section, least_kib);
  if (!rows.ok()) return rows.status();
  const auto packages =
      rows->as<std::string, std::string, int64_t, std::vector<std::string>>();
  if (!packages.ok()) return packages.status();
  for (const auto& [name, version, kib, depends] : *packages) {
    std::cout << name << " " << version << ": " << kib << " KiB, depends on "
              << depends.size() << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  const absl::Status status = PrintLargest(argc > 1 ? argv[1] : "database",
                                           argc > 2 ? atoll(argv[2]) : 10240);
  if (status.ok()) return 0;
  std::cerr << absl::StatusCodeToString(status.code()) << ": "
            << status.message() << "\n";
  return 1;
}

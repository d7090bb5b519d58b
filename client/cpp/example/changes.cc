// Notes the size of every section in a table of its own, and prints those that
// are not what they were the last time. All of it is one transaction.
//
//   source deploy/local/run/env && changes

#include <cstdint>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>

#include "sluice/client/client.h"

namespace {

using sluice::client::Transaction;

using Changes = std::vector<std::tuple<std::string, int64_t>>;

constexpr char kTable[] = R"(
    CREATE TABLE IF NOT EXISTS section_size (
      section text PRIMARY KEY,
      kib int8 NOT NULL
    ))";

constexpr char kNote[] = R"(
    INSERT INTO section_size
    SELECT section, coalesce(sum(installed_size), 0)::int8
    FROM packages WHERE section IS NOT NULL GROUP BY section
    ON CONFLICT (section) DO UPDATE SET kib = excluded.kib
      WHERE section_size.kib <> excluded.kib
    RETURNING section, kib)";

// May be run several times: it changes nothing but the database.
absl::StatusOr<Changes> NoteSizes(Transaction& transaction) {
  const auto rows = transaction.Execute(kNote);
  if (!rows.ok()) return rows.status();
  return rows->as<std::string, int64_t>();
}

absl::Status PrintChanges() {
  const auto client = sluice::client::Client::OpenFromEnvironment();
  if (!client.ok()) return client.status();
  // A policy may let definitions run as another role than writes, so this is in
  // no transaction with them.
  const auto defined = client->Execute(kTable);
  if (!defined.ok()) return defined.status();
  const auto noted = client->RunInTransaction(
      NoteSizes, {.isolation = sluice::client::kSerializable},
      {.timeout = absl::Seconds(30), .tag = "example"});
  if (!noted.ok()) return noted.status();
  for (const auto& [section, kib] : noted->value) {
    std::cout << section << " " << kib << "\n";
  }
  std::cout << "changed: " << noted->value.size() << "\n";
  return absl::OkStatus();
}

}  // namespace

int main() {
  const absl::Status status = PrintChanges();
  if (status.ok()) return 0;
  const auto details = sluice::client::ErrorDetails::From(status);
  std::cerr << absl::StatusCodeToString(status.code()) << " "
            << details.reason_name << ": " << status.message() << "\n";
  return 1;
}

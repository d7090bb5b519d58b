#include "tests/integration/ledger_crowd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"

namespace sluice::testing {
namespace {

constexpr int kLeastTried = 100;

// How often a write is in each of the two tables.
using Presence = std::pair<int, int>;
constexpr Presence kOnce = {1, 1};
constexpr Presence kNever = {0, 0};

std::map<int64_t, Presence> ReadPresences(const SqlRows& content) {
  std::map<int64_t, Presence> presences;
  for (const SqlRow& row : content) {
    presences[std::stoll(*row[0])] = {std::stoi(*row[1]), std::stoi(*row[2])};
  }
  return presences;
}

void CheckRecord(const LedgerCrowd::Record& record, const Presence& found) {
  const WriteResult& result = record.result;
  SCOPED_TRACE(absl::StrCat("write ", record.write.id, " ",
                            NameOf(record.write.kind), " found ", found.first,
                            "/", found.second));
  EXPECT_TRUE(result.status.ok() || CallError::Of(result.status).IsTyped())
      << result;
  EXPECT_LT(record.end - record.start,
            record.write.deadline + absl::Seconds(1));
  switch (result.ending) {
    case Ending::kAcknowledged:
      EXPECT_EQ(found, kOnce) << result;
      break;
    case Ending::kFailed:
      EXPECT_EQ(found, kNever) << result;
      break;
    case Ending::kUnknown:
      EXPECT_NE(result.outcome_reference, "") << result;
      EXPECT_TRUE(found == kOnce || found == kNever) << result;
      break;
  }
}

}  // namespace

LedgerCrowd::LedgerCrowd(const std::vector<ClientOptions>& gateways,
                         int64_t last_id)
    : last_id_(last_id) {
  const uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << std::endl;
  for (const ClientOptions& gateway : gateways) clients_.emplace_back(gateway);
  for (size_t caller = 0; caller < kCallers; ++caller) {
    std::seed_seq seeds{seed, uint64_t{caller}};
    threads_.emplace_back([this, caller, random = std::minstd_rand(seeds)] {
      Write(clients_[caller % clients_.size()], random, records_[caller]);
    });
  }
}

void LedgerCrowd::Stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool LedgerCrowd::AwaitAcknowledged(int64_t count) const {
  return Await(absl::Seconds(30), [&] { return acknowledged_ >= count; });
}

std::vector<LedgerCrowd::Record> LedgerCrowd::records() const {
  std::vector<Record> all;
  for (const auto& own : records_)
    all.insert(all.end(), own.begin(), own.end());
  return all;
}

void LedgerCrowd::Write(GatewayClient& client, std::minstd_rand random,
                        std::deque<Record>& records) {
  std::uniform_int_distribution<size_t> kinds(0, std::size(kWriteKinds) - 1);
  LedgerWriter writer(client);
  while (!stopping_) {
    Record record;
    record.write.id = ++last_id_;
    record.write.kind = kWriteKinds[kinds(random)];
    record.write.deadline = kDeadline;
    record.start = absl::Now();
    record.result = writer.Write(record.write);
    record.end = absl::Now();
    if (record.result.ending == Ending::kAcknowledged) ++acknowledged_;
    records.push_back(std::move(record));
  }
}

std::string LedgerContentSql() {
  return "SELECT id, sum(entry), sum(change) FROM "
         "(SELECT id, 1 AS entry, 0 AS change FROM ledger_entry UNION ALL "
         "SELECT id, 0, 1 FROM balance_change) AS all_rows GROUP BY id";
}

void CheckLedger(const absl::StatusOr<SqlRows>& content,
                 const std::vector<LedgerCrowd::Record>& records,
                 const FaultTime& fault) {
  ASSERT_TRUE(content.ok()) << content.status();
  std::map<int64_t, Presence> presences = ReadPresences(*content);
  std::map<std::string, int> endings;
  int tried = 0;
  for (const LedgerCrowd::Record& record : records) {
    ++endings[NameOf(record.result.ending)];
    if (record.end >= fault.begin && record.start <= fault.end) ++tried;
    CheckRecord(record, presences[record.write.id]);
  }
  for (const auto& [name, count] : endings) {
    std::cout << name << ": " << count << " ";
  }
  std::cout << "; " << tried << " during the fault" << std::endl;
  EXPECT_GE(tried, kLeastTried);
}

int CountFailed(const std::vector<LedgerCrowd::Record>& records) {
  int failed = 0;
  for (const LedgerCrowd::Record& record : records) {
    if (record.result.status.ok()) continue;
    ++failed;
    std::cout << NameOf(record.write.kind) << ": " << record.result << "\n";
  }
  return failed;
}

}  // namespace sluice::testing

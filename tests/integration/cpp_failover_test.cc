// The C++ client library while its cluster fails over: what README.md says of
// calls that fail, are made again, or whose outcome is not known.

#include <atomic>
#include <cstdint>
#include <deque>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sluice/client/client.h"
#include "sluice/client/error_details.h"
#include "sluice/client/request_id.h"
#include "tests/integration/failover_stack_test.h"

namespace sluice::testing {
namespace {

constexpr char kInsert[] = "INSERT INTO client_write (id) VALUES ($1)";

enum class Way {
  kExecute,
  kExecuteExactlyOnce,
  kRunTransactionExactlyOnce,
  kRunInTransaction,
};
constexpr Way kWays[] = {Way::kExecute, Way::kExecuteExactlyOnce,
                         Way::kRunTransactionExactlyOnce,
                         Way::kRunInTransaction};

absl::Status Write(const client::Client& client, Way way, int64_t id) {
  const client::CallOptions once = {.request_id = client::MakeRequestId()};
  client::TransactionPlan plan;
  switch (way) {
    case Way::kExecute:
      return client.Execute(kInsert, id).status();
    case Way::kExecuteExactlyOnce:
      return client.Execute(client::Statement(kInsert, id), once).status();
    case Way::kRunTransactionExactlyOnce:
      plan.Add(client::Step(kInsert, id));
      return client.RunTransaction(plan, {}, once).status();
    case Way::kRunInTransaction:
      return client
          .RunInTransaction([&](client::Transaction& transaction) {
            return transaction.Execute(kInsert, id).status();
          })
          .status();
  }
  return absl::OkStatus();
}

struct Record {
  int64_t id = 0;
  Way way = Way::kExecute;
  absl::Status status;
  absl::Time start;
  absl::Time end;
};

// Callers who write, and read what they have written, until they are stopped.
class Callers {
 public:
  static constexpr size_t kCount = 128;

  explicit Callers(const ClientOptions& gateway) {
    absl::StatusOr<client::Client> client = client::Client::Open(
        {.address = absl::StrCat("127.0.0.1:", gateway.port),
         .ca_file = gateway.ca_file,
         .certificate_file = gateway.certificate_file,
         .key_file = gateway.key_file,
         .database = "app",
         .server_name = gateway.server_name});
    EXPECT_TRUE(client.ok()) << client.status();
    records_.resize(kCount);
    for (size_t i = 0; i < kCount; ++i) {
      threads_.emplace_back([this, client = *client, i] {
        while (!stopping_) records_[i].push_back(WriteAndRead(client, i));
      });
    }
  }
  ~Callers() { Stop(); }

  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  bool AwaitMoreAcknowledged(int64_t count) const {
    const int64_t enough = acknowledged_ + count;
    return Await(absl::Seconds(30), [&] { return acknowledged_ >= enough; });
  }

  // Once they have stopped.
  std::vector<Record> records() const {
    std::vector<Record> all;
    for (const auto& own : records_) {
      all.insert(all.end(), own.begin(), own.end());
    }
    return all;
  }

 private:
  Record WriteAndRead(const client::Client& client, size_t caller) {
    Record record = {++last_id_, kWays[caller % std::size(kWays)]};
    record.start = absl::Now();
    record.status = Write(client, record.way, record.id);
    record.end = absl::Now();
    if (!record.status.ok()) return record;
    ++acknowledged_;
    // Whatever node it is: no read fails, none is of before the write.
    const auto found = client.Query(
        "SELECT count(*) FROM client_write WHERE id = $1", record.id);
    EXPECT_TRUE(found.ok()) << found.status();
    if (found.ok()) {
      const auto count = found->as<int64_t>();
      EXPECT_TRUE(count.ok() && std::get<0>(count->at(0)) == 1) << record.id;
    }
    return record;
  }

  std::atomic<bool> stopping_ = false;
  std::atomic<int64_t> last_id_ = 0;
  std::atomic<int64_t> acknowledged_ = 0;
  std::vector<std::deque<Record>> records_;
  std::vector<std::thread> threads_;
};

// How often a write may be there.
struct Bounds {
  int least = 0;
  int most = 0;
};

Bounds BoundsOf(const Record& record) {
  if (record.status.ok()) return {1, 1};
  const auto details = client::ErrorDetails::From(record.status);
  if (details.executed() == client::Executed::kUnknown) {
    EXPECT_NE(details.outcome_reference(), "") << record.status;
    return {0, 1};
  }
  // The gateway was there all the time.
  EXPECT_TRUE(details.is_from_gateway()) << record.status;
  return {0, 0};
}

class CppFailoverTest : public FailoverTest {};

TEST_F(CppFailoverTest, WhatTheLibraryTellsOfAWriteIsSo) {
  ASSERT_NO_FATAL_FAILURE(Start(1));
  crowd_->Stop();
  ASSERT_TRUE(
      stack_->node(0)
          .Execute("app", "SET ROLE app; CREATE TABLE client_write (id bigint)")
          .ok());
  Callers callers(stack_->client_options());
  ASSERT_TRUE(callers.AwaitMoreAcknowledged(500));
  const absl::Time fault = absl::Now();
  stack_->node(0).Kill();
  const size_t next = MoreAdvanced();
  Promote(next);
  EXPECT_TRUE(callers.AwaitMoreAcknowledged(20));
  const absl::Time back = absl::Now();
  EXPECT_TRUE(callers.AwaitMoreAcknowledged(500));
  callers.Stop();

  const absl::StatusOr<SqlRows> rows = stack_->node(next).Execute(
      "app", "SELECT id, count(*) FROM client_write GROUP BY id");
  ASSERT_TRUE(rows.ok()) << rows.status();
  std::map<std::string, std::string> counts;
  for (const SqlRow& row : *rows) counts[*row[0]] = *row[1];
  int tried = 0;
  std::map<std::string, int> endings;
  for (const Record& record : callers.records()) {
    if (record.start < back && record.end > fault) ++tried;
    ++endings[record.status.ok()
                  ? "OK"
                  : client::ErrorDetails::From(record.status).reason_name];
    const Bounds bounds = BoundsOf(record);
    int count = 0;
    EXPECT_TRUE(absl::SimpleAtoi(counts.contains(absl::StrCat(record.id))
                                     ? counts[absl::StrCat(record.id)]
                                     : "0",
                                 &count));
    EXPECT_GE(count, bounds.least) << record.id << " " << record.status;
    EXPECT_LE(count, bounds.most) << record.id << " " << record.status;
    // Made again until it is known.
    const bool is_exactly_once = record.way == Way::kExecuteExactlyOnce ||
                                 record.way == Way::kRunTransactionExactlyOnce;
    if (is_exactly_once) {
      EXPECT_TRUE(record.status.ok()) << record.status;
    }
  }
  for (const auto& [ending, count] : endings) {
    std::cout << ending << ": " << count << std::endl;
  }
  EXPECT_GE(tried, 100);
}

}  // namespace
}  // namespace sluice::testing

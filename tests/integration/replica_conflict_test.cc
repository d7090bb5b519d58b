// Reads on replicas whose recovery takes away what they read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/mutex.h"
#include "tests/integration/failover_stack_test.h"
#include "tests/integration/read_crowd.h"
#include "tests/integration/read_request.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

constexpr int64_t kItems = 1000;
// Of all rows, after a while, on one snapshot. Each change is of all of them.
constexpr char kSlowSum[] =
    "WITH pause AS MATERIALIZED (SELECT pg_sleep(0.1)) "
    "SELECT count(*) * 1000000 + sum(value) % 1000 FROM item, pause";
constexpr char kSumOfAll[] = "1000000000";

// Long enough for reads that run elsewhere to end, and to begin on replicas.
constexpr absl::Duration kPause = absl::Milliseconds(300);

// Makes the primary's WAL take rows and locks away from who reads on replicas.
class Disturbance {
 public:
  explicit Disturbance(const PostgresServer& primary)
      : thread_([this, &primary] {
          absl::StatusOr<SqlSession> session =
              primary.Connect("app", "postgres");
          ASSERT_TRUE(session.ok()) << session.status();
          while (!stopping_) {
            for (const char* sql :
                 {"UPDATE item SET value = value + 1", "VACUUM item",
                  "BEGIN; LOCK TABLE item IN ACCESS EXCLUSIVE MODE; COMMIT"}) {
              EXPECT_TRUE(session->Execute(sql).ok());
            }
            absl::SleepFor(kPause);
          }
        }) {}
  ~Disturbance() {
    stopping_ = true;
    thread_.join();
  }
  Disturbance(const Disturbance&) = delete;

 private:
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

class ReplicaConflictTest : public FailoverTest {
 protected:
  void SetUp() override {
    ClusterStackOptions options;
    options.cluster.postgres = {{"max_standby_streaming_delay", "0"},
                                {"hot_standby_feedback", "off"}};
    ASSERT_NO_FATAL_FAILURE(Start(options));
    ASSERT_TRUE(stack_->node(0)
                    .Execute("app", absl::StrCat(
                                        "SET ROLE app; CREATE TABLE item AS "
                                        "SELECT i AS id, 0::int8 AS value FROM "
                                        "generate_series(1, ",
                                        kItems, ") AS i"))
                    .ok());
    for (const size_t replica : {1, 2}) {
      ASSERT_TRUE(stack_->cluster().AwaitReplayed(replica, 0));
    }
  }

  void TearDown() override {
    if (HasFailure()) std::cout << stack_->gateway().ReadLog() << std::endl;
  }

  // Queries that a replica has cancelled for a conflict.
  int64_t CountConflicts() const {
    int64_t all = 0;
    for (const size_t replica : {1, 2}) {
      int64_t own = 0;
      EXPECT_TRUE(absl::SimpleAtoi(
          stack_->node(replica).Ask(
              "app",
              "SELECT confl_snapshot + confl_lock FROM "
              "pg_stat_database_conflicts WHERE datname = 'app'"),
          &own));
      all += own;
    }
    return all;
  }
};

TEST_F(ReplicaConflictTest, AReadThatIsCancelledRunsElsewhereUnseen) {
  const absl::Time begin = absl::Now();
  ReadCrowd reads(stack_->client_options(), MakeRead(kSlowSum, Any()), 8);
  {
    const Disturbance disturbance(stack_->node(0));
    ASSERT_TRUE(reads.AwaitMore(300));
    ASSERT_TRUE(reads.AwaitRetried(50));
  }
  const absl::Time end = absl::Now();
  reads.Stop();
  const std::vector<ReadCrowd::Record> records = reads.records();
  ExpectAllGave(records, kSumOfAll);
  std::cout << records.size() << " reads, " << CountRetried(records)
            << " of them tried again" << std::endl;
  EXPECT_TRUE(
      Await(absl::Seconds(10), [this] { return CountConflicts() >= 50; }));
  CheckLedgerAt(0, {begin, end});
}

TEST_F(ReplicaConflictTest, AReadWhoseSessionIsEndedRunsElsewhereUnseen) {
  const absl::Time begin = absl::Now();
  ReadCrowd reads(stack_->client_options(), MakeRead(kSlowSum, Any()), 8);
  int ended = 0;
  while (CountRetried(reads.records()) < 30 &&
         absl::Now() < begin + absl::Seconds(60)) {
    for (const size_t replica : {1, 2}) {
      const std::string done = stack_->node(replica).Ask(
          "app",
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
          "WHERE usename = 'app' AND state = 'active' "
          "ORDER BY random() LIMIT 1");
      if (done == "t") ++ended;
    }
  }
  EXPECT_GE(CountRetried(reads.records()), 30);
  const absl::Time end = absl::Now();
  reads.Stop();
  std::cout << ended << " sessions ended, " << reads.count() << " reads"
            << std::endl;
  ExpectAllGave(reads.records(), kSumOfAll);
  CheckLedgerAt(0, {begin, end});
}

// What callers of streams got.
class Streams {
 public:
  Streams(const ClientOptions& gateway, const std::string& sql, int callers)
      : client_(gateway) {
    for (int i = 0; i < callers; ++i) {
      threads_.emplace_back([this, sql] {
        while (!stopping_) {
          StreamOutcome outcome =
              client_.QueryStream(MakeStreamedRead(sql, Any()));
          MutexLock lock(&mutex_);
          outcomes_.push_back(std::move(outcome));
        }
      });
    }
  }
  ~Streams() { Stop(); }
  Streams(const Streams&) = delete;

  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  template <typename Condition>
  int64_t Count(const Condition& condition) const {
    MutexLock lock(&mutex_);
    return std::count_if(outcomes_.begin(), outcomes_.end(), condition);
  }
  // Once they have stopped.
  std::deque<StreamOutcome> outcomes() const {
    MutexLock lock(&mutex_);
    return outcomes_;
  }

 private:
  GatewayClient client_;
  std::atomic<bool> stopping_ = false;
  mutable Mutex mutex_;
  std::deque<StreamOutcome> outcomes_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

// How many rows came, which are 1, 2, ...; another one fails the test.
int64_t CountInOrder(const StreamOutcome& outcome) {
  if (outcome.result_set.columns_size() == 0) return 0;
  const auto& ids = outcome.result_set.columns(0).int64s().values();
  for (int i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(ids[i], i + 1);
    if (ids[i] != i + 1) break;
  }
  return ids.size();
}

bool IsRetried(const StreamOutcome& outcome) {
  return outcome.status.ok() && outcome.summary.attempts() > 1;
}

TEST_F(ReplicaConflictTest, AStreamRunsElsewhereOnlyBeforeItsFirstRow) {
  const absl::Time begin = absl::Now();
  // The ones get all rows after a while, the others a few at a time: what
  // PostgreSQL has to send leaves it in pieces of 8 KiB.
  Streams late(stack_->client_options(),
               "WITH pause AS MATERIALIZED (SELECT pg_sleep(0.1)) "
               "SELECT id FROM item, pause ORDER BY id",
               4);
  Streams long_ones(stack_->client_options(),
                    "SELECT id, pg_sleep(0.01)::text || repeat('x', 2000) FROM "
                    "(SELECT id FROM item ORDER BY id LIMIT 200) AS first_ones",
                    4);
  const auto ended_amid = [](const StreamOutcome& outcome) {
    return !outcome.status.ok();
  };
  {
    const Disturbance disturbance(stack_->node(0));
    ASSERT_TRUE(Await(absl::Seconds(60), [&] {
      return late.Count(&IsRetried) >= 20 && long_ones.Count(ended_amid) >= 5;
    }));
  }
  std::cout << late.Count(&IsRetried) << " streams tried again, "
            << long_ones.Count(ended_amid) << " ended amid" << std::endl;
  const absl::Time end = absl::Now();
  late.Stop();
  long_ones.Stop();
  for (const StreamOutcome& outcome : late.outcomes()) {
    EXPECT_EQ(outcome.fault, "");
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_EQ(CountInOrder(outcome), kItems);
  }
  for (const StreamOutcome& outcome : long_ones.outcomes()) {
    EXPECT_EQ(outcome.fault, "");
    if (outcome.status.ok()) {
      EXPECT_EQ(CountInOrder(outcome), 200);
      continue;
    }
    EXPECT_THAT(
        outcome.status,
        FailsWith(Code::ABORTED, v1::ERROR_REASON_SERIALIZATION_FAILURE));
    EXPECT_GT(CountInOrder(outcome), 0);
  }
  CheckLedgerAt(0, {begin, end});
}

}  // namespace
}  // namespace sluice::testing

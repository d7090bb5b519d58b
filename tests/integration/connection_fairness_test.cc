// How apps share the connections of a node, and the places in the queue for
// them.

#include <algorithm>
#include <deque>
#include <iostream>
#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "tests/integration/connection_budget_test.h"
#include "tests/support/call_batch.h"

namespace sluice::testing {
namespace {

// Refused, and not kept waiting: generous for a machine that is busy.
constexpr absl::Duration kAtOnce = absl::Milliseconds(500);

using ConnectionFairnessTest = ConnectionBudgetTest;

TEST_F(ConnectionFairnessTest, SleepersOfOneAppAreRefusedAndOthersGoOn) {
  ClusterStackOptions options = SharedOptions(10);
  options.gateway["pool.max_waiters"] = "20";
  // Of several each has a queue of its own.
  options.gateway["concurrency.worker_pairs"] = "1";
  Start(options);
  GatewayClient greedy = As("greedy");
  GatewayClient app = As("app");
  GatewayClient other = As("other");
  for (GatewayClient* each : {&greedy, &app, &other}) {
    ASSERT_THAT(each->Query("SELECT 1").status, IsOk());
  }
  QueryBatch sleepers(greedy);
  constexpr size_t kSleepers = 60;
  for (size_t i = 0; i < kSleepers; ++i) {
    sleepers.Start(MakeQuery("SELECT pg_sleep(60)"), absl::Seconds(60));
  }
  // Some were refused before the first had their connections; these fill the
  // queue.
  ASSERT_TRUE(Await(kSoon, [&] { return CountBy("usename")["app"] >= 8; }));
  for (size_t i = 0; i < kSleepers; ++i) {
    sleepers.Start(MakeQuery("SELECT pg_sleep(60)"), absl::Seconds(60));
  }
  // Eight have connections, and sixteen their part of the queue.
  ASSERT_TRUE(sleepers.Await(8 + 16, kSoon));

  for (int i = 0; i < 20; ++i) {
    const absl::Time asked = absl::Now();
    EXPECT_THAT(greedy.Query("SELECT 1").status,
                FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                          v1::ERROR_REASON_QUEUE_FULL));
    EXPECT_LT(absl::Now() - asked, kAtOnce);
  }
  std::vector<absl::Duration> times;
  for (int i = 0; i < 200; ++i) {
    for (GatewayClient* each : {&app, &other}) {
      const absl::Time asked = absl::Now();
      ASSERT_THAT(each->Query("SELECT 1").status, IsOk());
      times.push_back(absl::Now() - asked);
    }
  }
  std::sort(times.begin(), times.end());
  std::cout << "p50 " << times[times.size() / 2] << " p99 "
            << times[times.size() * 99 / 100] << "\n";
  EXPECT_LT(times[times.size() * 99 / 100], kAtOnce);
}

TEST_F(ConnectionFairnessTest,
       HeldWritesAreNotRefusedForBeingManyNorOthersForThem) {
  ClusterStackOptions options = SharedOptions(10);
  options.gateway = {{"pool.max_waiters", "10"},
                     {"concurrency.worker_pairs", "1"}};
  Start(options);
  GatewayClient client = stack_->MakeClient();
  ASSERT_TRUE(stack_->node(0)
                  .Execute("app",
                           "CREATE TABLE held (id int); "
                           "GRANT ALL ON held TO app")
                  .ok());
  GatewayClient admin = As("admin");
  v1::HoldWritesRequest hold;
  hold.set_cluster("main");
  v1::HoldWritesResponse held;
  grpc::ClientContext hold_context;
  ASSERT_THAT(admin.admin().HoldWrites(&hold_context, hold, &held), IsOk());
  constexpr int kWrites = 300;
  ExecuteBatch writes(client);
  for (int i = 0; i < kWrites; ++i) {
    writes.Start(MakeExecute("INSERT INTO held SELECT 1 FROM pg_sleep(0.02)"));
  }
  // They are there once a later call is.
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(client.Query("SELECT 1").status, IsOk());
  }
  v1::ReleaseWritesRequest release;
  release.set_cluster("main");
  v1::ReleaseWritesResponse released;
  grpc::ClientContext release_context;
  ASSERT_THAT(admin.admin().ReleaseWrites(&release_context, release, &released),
              IsOk());
  // Those of another app in the same queue, several at once.
  GatewayClient greedy = As("greedy");
  int reads_meanwhile = 0;
  while (!writes.Await(0, absl::ZeroDuration())) {
    QueryBatch reads(greedy);
    for (int i = 0; i < 4; ++i) {
      reads.Start(MakeQuery("SELECT pg_sleep(0.01)"));
    }
    ASSERT_TRUE(reads.AwaitAll());
    for (size_t i = 0; i < reads.size(); ++i) {
      ASSERT_THAT(reads.outcome(i).status, IsOk());
      ++reads_meanwhile;
    }
  }
  EXPECT_GT(reads_meanwhile, 10);
  for (size_t i = 0; i < writes.size(); ++i) {
    EXPECT_THAT(writes.outcome(i).status, IsOk());
  }
}

TEST_F(ConnectionFairnessTest, StreamsLeaveConnectionsForShortCalls) {
  ClusterStackOptions options = Options();
  options.routing = {{"max_connections", "8"}};
  Start(options);
  GatewayClient client = stack_->MakeClient();
  std::deque<std::unique_ptr<StreamReader>> streams;
  for (int i = 0; i < 24; ++i) {
    streams.push_back(client.OpenStream(
        "SELECT repeat('x', 1000) FROM generate_series(1, 100000)"));
  }
  ASSERT_TRUE(
      Await(kSoon, [&] { return NodeAt(0).connections_in_use() >= 6; }));
  std::vector<absl::Duration> times;
  for (int i = 0; i < 50; ++i) {
    const absl::Time asked = absl::Now();
    ASSERT_THAT(client.Query("SELECT 1").status, IsOk());
    times.push_back(absl::Now() - asked);
  }
  std::sort(times.begin(), times.end());
  EXPECT_LT(times[times.size() / 2], kAtOnce);
}

}  // namespace
}  // namespace sluice::testing

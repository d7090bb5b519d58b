// What instances of the gateway hold of a node's connections, and how apps
// share them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/integration/cluster_stack.h"
#include "tests/support/await.h"
#include "tests/support/call_batch.h"
#include "tests/support/call_error.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kSoon = absl::Seconds(15);
// Refused, and not kept waiting: generous for a machine that is busy.
constexpr absl::Duration kAtOnce = absl::Milliseconds(500);

constexpr char kPolicy[] = R"(
apps:
  - name: app
    spiffe_ids: [spiffe://sluice.test/app/app]
    grants:
      - {database: app, role: app, access: [read, write]}
  - name: greedy
    spiffe_ids: [spiffe://sluice.test/app/greedy]
    grants:
      - {database: app, role: app, access: [read, write]}
  - name: other
    spiffe_ids: [spiffe://sluice.test/app/other]
    grants:
      - {database: app, role: other, access: [read, write]}
  - name: admin
    spiffe_ids: [spiffe://sluice.test/app/admin]
    admin: true
    grants: []
)";

// Callers of one gateway who make a call after the other until this ends.
class BusyCallers {
 public:
  BusyCallers(const ClientOptions& options, int count) : client_(options) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this] {
        while (!stops_) client_.Query("SELECT pg_sleep(0.05)");
      });
    }
  }
  ~BusyCallers() {
    stops_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  GatewayClient client_;
  std::atomic<bool> stops_{false};
  std::vector<std::thread> threads_;
};

class ConnectionBudgetTest : public ::testing::Test {
 protected:
  static ClusterStackOptions Options() {
    ClusterStackOptions options;
    options.cluster.replicas = 0;
    options.cluster.roles = {"other"};
    options.cluster.pgbouncer = {{"server_lifetime", "0"}};
    return options;
  }
  // Three apps, two of them under one role.
  static ClusterStackOptions SharedOptions(int connections) {
    ClusterStackOptions options = Options();
    options.apps = {"greedy", "other"};
    options.policy = kPolicy;
    options.routing = {{"max_connections", absl::StrCat(connections)}};
    options.gateway = {{"concurrency.worker_pairs", "2"}};
    return options;
  }

  void Start(const ClusterStackOptions& options) {
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
  }

  GatewayClient As(const std::string& app, size_t gateway = 0) const {
    return GatewayClient(stack_->client_options(gateway, app));
  }

  // Sessions of the pools at the node, by `column` of pg_stat_activity.
  std::map<std::string, int> CountBy(const std::string& column) const {
    const absl::StatusOr<SqlRows> rows = stack_->node(0).Execute(
        "postgres",
        absl::StrCat("SELECT ", column,
                     ", count(*) FROM pg_stat_activity WHERE application_name "
                     "LIKE 'sluice/%' AND datname = 'app' GROUP BY 1"));
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::map<std::string, int> counts;
    if (!rows.ok()) return counts;
    for (const auto& row : *rows) {
      EXPECT_TRUE(absl::SimpleAtoi(*row[1], &counts[*row[0]]));
    }
    return counts;
  }

  bool AwaitInstances(const std::vector<int>& expected) {
    return Await(kSoon, [&] {
      std::vector<int> held;
      for (const auto& [name, count] : CountBy("application_name")) {
        held.push_back(count);
      }
      return held == expected;
    });
  }

  v1::ClusterNode NodeAt(size_t gateway) const {
    v1::GetTopologyResponse response;
    grpc::ClientContext context;
    EXPECT_THAT(
        As("admin", gateway).admin().GetTopology(&context, {}, &response),
        IsOk());
    return response.clusters(0).nodes(0);
  }

  std::unique_ptr<ClusterStack> stack_;
};

TEST_F(ConnectionBudgetTest, InstancesShareWhatANodeTakesAsTheyComeAndGo) {
  ClusterStackOptions options = Options();
  options.gateways = 2;
  // 17 for others than superusers, 3 of them left: 7 for each of two, less one
  // for its probe; 13 for one.
  options.cluster.postgres = {{"max_connections", "20"}};
  options.routing = {{"reserved_connections", "3"}, {"max_connections", "15"}};
  options.gateway = {{"concurrency.worker_pairs", "2"}};
  Start(options);
  ASSERT_TRUE(Await(kSoon, [&] {
    return NodeAt(0).max_connections() == 6 && NodeAt(1).max_connections() == 6;
  }));
  std::deque<BusyCallers> callers;
  callers.emplace_back(stack_->client_options(0), 24);
  callers.emplace_back(stack_->client_options(1), 24);
  ASSERT_TRUE(AwaitInstances({6, 6}));
  const absl::Time until = absl::Now() + absl::Seconds(2);
  while (absl::Now() < until) {
    for (const auto& [name, held] : CountBy("application_name")) {
      ASSERT_LE(held, 6) << name;
    }
  }
  EXPECT_EQ(NodeAt(0).connections(), 6);
  EXPECT_GT(NodeAt(0).waiting_calls(), 0);

  ASSERT_TRUE(stack_->AddGateway().ok());
  ASSERT_TRUE(AwaitInstances({3, 3}));
  callers.emplace_back(stack_->client_options(2), 24);
  ASSERT_TRUE(AwaitInstances({3, 3, 3}));

  stack_->gateway(2).Kill();
  EXPECT_TRUE(AwaitInstances({6, 6}));
}

TEST_F(ConnectionBudgetTest, SleepersOfOneAppAreRefusedAndOthersGoOn) {
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

TEST_F(ConnectionBudgetTest, WhatLiesIdleUnderOneRoleGoesToWaitersOfAnother) {
  Start(SharedOptions(4));
  GatewayClient app = As("app");
  GatewayClient greedy = As("greedy");
  GatewayClient other = As("other");
  {
    QueryBatch calls(app);
    QueryBatch more(greedy);
    for (int i = 0; i < 3; ++i) {
      calls.Start(MakeQuery("SELECT pg_sleep(0.5)"));
      more.Start(MakeQuery("SELECT pg_sleep(0.5)"));
    }
    ASSERT_TRUE(calls.AwaitAll() && more.AwaitAll());
  }
  ASSERT_EQ(CountBy("usename")["app"], 4);
  ASSERT_EQ(CountBy("usename")["other"], 0);
  QueryBatch calls(other);
  for (int i = 0; i < 3; ++i) calls.Start(MakeQuery("SELECT pg_sleep(0.5)"));
  const absl::Time asked = absl::Now();
  ASSERT_TRUE(calls.AwaitAll());
  EXPECT_LT(absl::Now() - asked, absl::Seconds(3));
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_THAT(calls.outcome(i).status, IsOk());
  }
  std::map<std::string, int> held = CountBy("usename");
  EXPECT_GE(held["other"], 2);
  EXPECT_LE(held["other"] + held["app"], 4);
}

TEST_F(ConnectionBudgetTest, FewConnectionsAreOpenedAtOnceByAllPoolsOfANode) {
  ClusterStackOptions options = SharedOptions(20);
  options.cluster.gates = ClusterGates::kEach;
  // The node is asked in vain meanwhile, and must not be down for it.
  options.routing["max_missed_probes"] = "100";
  Start(options);
  const auto opening = [&] {
    const absl::StatusOr<SqlRows> rows = stack_->cluster().pgbouncer().Show(
        "SHOW CLIENTS", PostgresCluster::kGatewayUser,
        PostgresCluster::kGatewayPassword);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? std::count_if(rows->begin(), rows->end(),
                                     [](const auto& row) {
                                       return row[2]->rfind("app.", 0) == 0;
                                     })
                     : 0;
  };
  GateFlow stalled;
  stalled.to_client = GateFlow::Passage::kStalled;
  stack_->cluster().gate(0).SetFlow(stalled);
  GatewayClient app = As("app");
  GatewayClient other = As("other");
  QueryBatch calls(app);
  QueryBatch more(other);
  for (int i = 0; i < 15; ++i) {
    calls.Start(MakeQuery("SELECT 1"));
    more.Start(MakeQuery("SELECT 1"));
  }
  ASSERT_TRUE(Await(kSoon, [&] { return opening() == 4; }));
  const absl::Time until = absl::Now() + absl::Seconds(1);
  while (absl::Now() < until) ASSERT_LE(opening(), 4);
  stack_->cluster().gate(0).SetFlow({});
  EXPECT_TRUE(calls.AwaitAll() && more.AwaitAll());
}

TEST_F(ConnectionBudgetTest, WritesThatWereHeldAreNotRefusedForBeingMany) {
  ClusterStackOptions options = Options();
  options.gateway = {{"pool.max_waiters", "10"},
                     {"concurrency.worker_pairs", "1"}};
  Start(options);
  GatewayClient client = stack_->MakeClient();
  ASSERT_THAT(client.Execute("CREATE TABLE held (id int)").status, IsOk());
  ASSERT_TRUE(stack_->gateways().HoldWrites().ok());
  constexpr int kWrites = 300;
  ExecuteBatch writes(client);
  for (int i = 0; i < kWrites; ++i) {
    writes.Start(MakeExecute("INSERT INTO held VALUES (1)"));
  }
  // They are there once a later call is.
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(client.Query("SELECT 1").status, IsOk());
  }
  ASSERT_TRUE(stack_->gateways().ReleaseWrites().ok());
  ASSERT_TRUE(writes.AwaitAll());
  for (size_t i = 0; i < writes.size(); ++i) {
    EXPECT_THAT(writes.outcome(i).status, IsOk());
  }
}

TEST_F(ConnectionBudgetTest, StreamsLeaveConnectionsForShortCalls) {
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

// What instances of the gateway hold of a node's connections, and what pools do
// for each other.

#include "tests/integration/connection_budget_test.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "tests/support/call_batch.h"
#include "tests/support/pgbouncer.h"
#include "tests/support/sql_session.h"

namespace sluice::testing {
namespace {

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

TEST_F(ConnectionBudgetTest, AnAppThatCallsItsSessionsInstancesTakesNoShare) {
  ClusterStackOptions options = SharedOptions(15);
  options.cluster.postgres = {{"max_connections", "20"}};
  options.routing["reserved_connections"] = "3";
  Start(options);
  // 17 for others than superusers, 3 of them left, one for the probe.
  constexpr int kShare = 13;
  ASSERT_TRUE(
      Await(kSoon, [&] { return NodeAt(0).max_connections() == kShare; }));
  GatewayClient greedy = As("greedy");
  QueryBatch fakes(greedy);
  constexpr size_t kFakes = 8;
  for (size_t i = 0; i < kFakes; ++i) {
    fakes.Start(
        MakeQuery(absl::StrCat("SELECT set_config('application_name', 'sluice/",
                               i, "', true), pg_sleep(60)")));
  }
  ASSERT_TRUE(Await(
      kSoon, [&] { return CountBy("application_name").size() >= kFakes; }));
  // Several looks at the node.
  const absl::Time until = absl::Now() + absl::Seconds(2);
  while (absl::Now() < until) {
    ASSERT_EQ(NodeAt(0).instances(), 1);
    ASSERT_EQ(NodeAt(0).max_connections(), kShare);
  }
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
  const absl::Time asked = absl::Now();
  for (int i = 0; i < 15; ++i) {
    calls.Start(MakeQuery("SELECT 1"));
    more.Start(MakeQuery("SELECT 1"));
  }
  // Later they hang, and do not count.
  constexpr absl::Duration kHangsAfter = absl::Milliseconds(250);
  std::ptrdiff_t most = 0;
  do {
    const std::ptrdiff_t now = opening();
    if (absl::Now() - asked < kHangsAfter) most = std::max(most, now);
  } while (absl::Now() - asked < kHangsAfter);
  EXPECT_LE(most, 4);
  ASSERT_TRUE(Await(kSoon, [&] { return opening() >= 4; }));
  // Of two roles and two workers, each of which may have hung once.
  const absl::Time until = absl::Now() + absl::Seconds(1);
  while (absl::Now() < until) ASSERT_LE(opening(), 4 * 4);
  stack_->cluster().gate(0).SetFlow({});
  EXPECT_TRUE(calls.AwaitAll() && more.AwaitAll());
}

TEST_F(ConnectionBudgetTest, AnEntryThatHangsHoldsUpItsOwnCallsAlone) {
  ClusterStackOptions options = SharedOptions(20);
  // Of one entry; who comes when they are gone waits.
  options.cluster.pgbouncer["max_db_connections"] = "2";
  options.cluster.pgbouncer["query_wait_timeout"] = "60";
  Start(options);
  std::vector<SqlSession> sessions;
  for (int i = 0; i < 2; ++i) {
    const PgBouncer& pgbouncer = stack_->cluster().pgbouncer();
    absl::StatusOr<SqlSession> session = SqlSession::Open(absl::StrCat(
        "host=", pgbouncer.socket_folder(), " port=", pgbouncer.port(),
        " dbname=app.app.n0 user=", PostgresCluster::kGatewayUser,
        " password=", PostgresCluster::kGatewayPassword));
    ASSERT_TRUE(session.ok()) << session.status();
    ASSERT_TRUE(session->Execute("SELECT 1").ok());
    sessions.push_back(*std::move(session));
  }
  GatewayClient app = As("app");
  QueryBatch hanging(app);
  for (int i = 0; i < 15; ++i) hanging.Start(MakeQuery("SELECT 1"));
  ASSERT_TRUE(Await(kSoon, [&] { return NodeAt(0).connections() >= 4; }));
  GatewayClient other = As("other");
  const absl::Time asked = absl::Now();
  EXPECT_THAT(other.Query("SELECT 1").status, IsOk());
  std::cout << "served after " << absl::Now() - asked << "\n";
  EXPECT_LT(absl::Now() - asked, absl::Seconds(2));
}

}  // namespace
}  // namespace sluice::testing

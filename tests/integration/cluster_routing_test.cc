// Where reads and writes go on a cluster.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/mutex.h"
#include "tests/integration/cluster_stack.h"
#include "tests/integration/read_request.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/scale.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

class ClusterRoutingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ClusterStackOptions options;
    options.gateways = 2;
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
    ASSERT_TRUE(stack_->node(0)
                    .Execute("app",
                             "SET ROLE app; CREATE TABLE counter (id int "
                             "PRIMARY KEY, value bigint); "
                             "INSERT INTO counter SELECT i, 0 FROM "
                             "generate_series(1, 64) AS i")
                    .ok());
    for (const size_t replica : {1, 2}) {
      ASSERT_TRUE(stack_->cluster().AwaitReplayed(replica, 0));
    }
  }
  static void TearDownTestSuite() { stack_.reset(); }

  static std::string NodeOf(GatewayClient& client,
                            const v1::Consistency& consistency) {
    const QueryOutcome outcome =
        client.Query(MakeRead("SELECT 1", consistency));
    EXPECT_THAT(outcome.status, IsOk());
    return outcome.response.summary().node();
  }

  // How many of `reads` reads each node served, by a few callers at once.
  static std::map<std::string, int> CountReads(int reads) {
    constexpr int kCallers = 8;
    Mutex mutex;
    std::map<std::string, int> counts;
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        GatewayClient client = stack_->MakeClient();
        std::map<std::string, int> own;
        for (int read = 0; read < reads / kCallers; ++read) {
          ++own[NodeOf(client, Any())];
        }
        MutexLock lock(&mutex);
        for (const auto& [node, count] : own) counts[node] += count;
      });
    }
    for (std::thread& caller : callers) caller.join();
    for (const auto& [node, count] : counts) {
      std::cout << node << ": " << count << " reads" << std::endl;
    }
    return counts;
  }

  static std::unique_ptr<ClusterStack> stack_;
  GatewayClient client_ = stack_->MakeClient();
};

std::unique_ptr<ClusterStack> ClusterRoutingTest::stack_;

TEST_F(ClusterRoutingTest, WritesAndStrongReadsGoToThePrimary) {
  const ExecuteOutcome written =
      client_.Execute("UPDATE counter SET value = value + 1 WHERE id = 1");
  ASSERT_THAT(written.status, IsOk());
  EXPECT_EQ(written.response.summary().node(), "n0");
  EXPECT_NE(written.response.summary().consistency_token(), "");
  EXPECT_EQ(NodeOf(client_, Strong()), "n0");
  EXPECT_EQ(NodeOf(client_, v1::Consistency()), "n0");
}

TEST_F(ClusterRoutingTest, AReadThatMayBeStaleGoesToAReplicaAndTellsItsLag) {
  for (const v1::Consistency& consistency : {Any(), AtMost(absl::Seconds(5))}) {
    const QueryOutcome outcome =
        client_.Query(MakeRead("SELECT pg_is_in_recovery()", consistency));
    ASSERT_THAT(outcome.status, IsOk());
    EXPECT_TRUE(outcome.response.result_set().columns(0).bools().values(0));
    EXPECT_NE(outcome.response.summary().node(), "n0");
    EXPECT_TRUE(outcome.response.summary().has_node_lag());
  }
}

TEST_F(ClusterRoutingTest, ReadsAreSplitEvenlyOverEqualReplicas) {
  constexpr int kReads = 20'000;
  std::map<std::string, int> counts = CountReads(kReads);
  EXPECT_EQ(counts["n1"] + counts["n2"], kReads);
  EXPECT_NEAR(static_cast<double>(counts["n1"]) / kReads, 0.5, 0.05);
}

TEST_F(ClusterRoutingTest, ATokenIsHonouredOnAnotherInstance) {
  const uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << std::endl;
  const int64_t trials = Scaled(10'000, 40'000);
  constexpr int kCallers = 8;
  std::atomic<bool> done = false;
  // One replica at a time stops and goes on, at random.
  std::thread pauser([&] {
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<size_t> replicas(1, 2);
    std::uniform_int_distribution<int> pauses(1, 150);
    while (!done) {
      const PostgresServer& replica = stack_->node(replicas(random));
      EXPECT_TRUE(replica.PauseReplay().ok());
      absl::SleepFor(absl::Milliseconds(pauses(random)));
      EXPECT_TRUE(replica.ResumeReplay().ok());
      absl::SleepFor(absl::Milliseconds(pauses(random)));
    }
  });
  std::atomic<int64_t> stale = 0;
  std::atomic<int64_t> on_replicas = 0;
  std::vector<std::thread> callers;
  for (int caller = 1; caller <= kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      GatewayClient writer = stack_->MakeClient(0);
      GatewayClient reader = stack_->MakeClient(1);
      for (int64_t trial = 1; trial <= trials / kCallers; ++trial) {
        const ExecuteOutcome written = writer.Execute(absl::StrCat(
            "UPDATE counter SET value = ", trial, " WHERE id = ", caller));
        ASSERT_THAT(written.status, IsOk());
        const std::string& token =
            written.response.summary().consistency_token();
        ASSERT_NE(token, "");
        const QueryOutcome read = reader.Query(MakeRead(
            absl::StrCat("SELECT value FROM counter WHERE id = ", caller),
            AtLeast(token)));
        ASSERT_THAT(read.status, IsOk());
        if (read.response.result_set().columns(0).int64s().values(0) != trial) {
          ++stale;
        }
        if (read.response.summary().node() != "n0") ++on_replicas;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  done = true;
  pauser.join();
  std::cout << on_replicas << " of " << trials << " reads on replicas"
            << std::endl;
  EXPECT_EQ(stale, 0);
  // Else the test would tell nothing.
  EXPECT_GT(on_replicas, trials / 10);
}

TEST_F(ClusterRoutingTest, AdminsSeeTheClusterAsItIs) {
  GatewayClient admin(stack_->client_options(0, "admin"));
  v1::GetTopologyResponse response;
  grpc::ClientContext context;
  ASSERT_THAT(admin.admin().GetTopology(&context, {}, &response), IsOk());
  ASSERT_EQ(response.clusters_size(), 1);
  const v1::ClusterTopology& cluster = response.clusters(0);
  EXPECT_EQ(cluster.name(), "main");
  EXPECT_EQ(cluster.primary(), "n0");
  EXPECT_EQ(cluster.system_identifier(),
            stack_->node(0).Ask(
                "app", "SELECT system_identifier FROM pg_control_system()"));
  EXPECT_FALSE(cluster.writes_held());
  ASSERT_EQ(cluster.nodes_size(), 3);
  EXPECT_EQ(cluster.nodes(0).role(), v1::CLUSTER_NODE_ROLE_PRIMARY);
  EXPECT_EQ(cluster.nodes(0).streaming_standbys(), 2);
  for (const int replica : {1, 2}) {
    EXPECT_EQ(cluster.nodes(replica).state(), v1::CLUSTER_NODE_STATE_UP);
    EXPECT_EQ(cluster.nodes(replica).role(), v1::CLUSTER_NODE_ROLE_REPLICA);
    EXPECT_TRUE(cluster.nodes(replica).has_lag());
  }
  v1::GetTopologyRequest unknown;
  unknown.set_cluster("none");
  grpc::ClientContext second;
  EXPECT_THAT(admin.admin().GetTopology(&second, unknown, &response),
              FailsWith(Code::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_CLUSTER));
}

TEST_F(ClusterRoutingTest, WhatIsNoTokenIsRefused) {
  EXPECT_THAT(
      client_.Query(MakeRead("SELECT 1", AtLeast("nonsense"))).status,
      FailsWith(Code::INVALID_ARGUMENT, v1::ERROR_REASON_INVALID_REQUEST));
}

TEST_F(ClusterRoutingTest, ALaggingReplicaServesNoReadWithABound) {
  ASSERT_TRUE(stack_->node(1).PauseReplay().ok());
  ASSERT_TRUE(stack_->node(2).PauseReplay().ok());
  ASSERT_THAT(
      client_.Execute("UPDATE counter SET value = 77 WHERE id = 60").status,
      IsOk());
  // They show what is older than the bound, by the gateway's own count.
  ASSERT_TRUE(Await(absl::Seconds(10), [this] {
    const QueryOutcome late = client_.Query(MakeRead("SELECT 1", Any()));
    return late.response.summary().node_lag().seconds() >= 1;
  }));
  const QueryOutcome bounded = client_.Query(MakeRead(
      "SELECT value FROM counter WHERE id = 60", AtMost(absl::Seconds(1))));
  EXPECT_THAT(bounded.status, IsOk());
  EXPECT_EQ(bounded.response.summary().node(), "n0");
  const QueryOutcome any =
      client_.Query(MakeRead("SELECT value FROM counter WHERE id = 60", Any()));
  EXPECT_THAT(any.status, IsOk());
  EXPECT_NE(any.response.summary().node(), "n0");
  EXPECT_EQ(any.response.result_set().columns(0).int64s().values(0), 0);
  EXPECT_GT(any.response.summary().node_lag().seconds(), 0);
  ASSERT_TRUE(stack_->node(1).ResumeReplay().ok());
  ASSERT_TRUE(stack_->node(2).ResumeReplay().ok());
}

TEST_F(ClusterRoutingTest, ADeadReplicaServesNoReadAndFailsNone) {
  stack_->node(2).Kill();
  for (int i = 0; i < 200; ++i) EXPECT_EQ(NodeOf(client_, Any()), "n1") << i;
  ASSERT_TRUE(stack_->node(2).StartAgain().ok());
  EXPECT_TRUE(Await(absl::Seconds(20),
                    [this] { return NodeOf(client_, Any()) == "n2"; }));
}

}  // namespace
}  // namespace sluice::testing

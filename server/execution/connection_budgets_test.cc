#include "server/execution/connection_budgets.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "server/base/deadline.h"
#include "server/config/policy_loader.h"
#include "server/topology/topology.h"

namespace sluice::execution {
namespace {

topology::Node MakeNode(int max_connections, int instances) {
  topology::Node node;
  node.address.name = "n0";
  node.max_connections = max_connections;
  node.instances = instances;
  return node;
}

topology::Topology MakeTopology(int max_connections, int instances) {
  topology::Topology topology;
  topology.cluster = "main";
  topology.nodes = {MakeNode(max_connections, instances)};
  return topology;
}

TEST(ShareOfTest, IsWhatIsLeftDividedByInstancesLessTheirProbes) {
  BudgetSettings settings;
  settings.max_connections = 1000;
  settings.reserved_connections = 7;
  EXPECT_EQ(ShareOf(settings, MakeNode(97, 1)), 89U);
  EXPECT_EQ(ShareOf(settings, MakeNode(97, 2)), 44U);
  EXPECT_EQ(ShareOf(settings, MakeNode(97, 3)), 29U);
  EXPECT_EQ(ShareOf(settings, MakeNode(97, 0)), 89U);
}

TEST(ShareOfTest, InstancesNeverHoldMoreTogetherThanThereIs) {
  BudgetSettings settings;
  settings.max_connections = 1000;
  for (int instances = 1; instances <= 20; ++instances) {
    const size_t share = ShareOf(settings, MakeNode(97, instances));
    EXPECT_LE((share + 1) * instances + settings.reserved_connections, 97U);
  }
}

TEST(ShareOfTest, IsAtLeastOneAndAtMostWhatIsConfigured) {
  BudgetSettings settings;
  settings.max_connections = 20;
  EXPECT_EQ(ShareOf(settings, MakeNode(97, 1)), 20U);
  EXPECT_EQ(ShareOf(settings, MakeNode(97, 90)), 1U);
  EXPECT_EQ(ShareOf(settings, MakeNode(3, 1)), 1U);
  EXPECT_EQ(ShareOf(settings, MakeNode(0, 0)), 20U);
}

std::shared_ptr<const policy::Policy> MakePolicy(const std::string& text) {
  config::v1::Config config;
  config.mutable_identity()->set_trust_domain("sluice.test");
  config.mutable_tokens()->mutable_default_ttl()->set_seconds(600);
  config.mutable_tokens()->mutable_max_ttl()->set_seconds(900);
  for (const char* name : {"a", "b", "alone"}) {
    config::v1::Database& database = *config.add_databases();
    database.set_name(name);
    database.set_entry("{role}");
  }
  config::PolicyFile file = config::ReadPolicy(text);
  const auto made =
      policy::Policy::Make(file.policy, config, std::move(file.faults));
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? *made : nullptr;
}

class ConnectionBudgetsTest : public testing::Test {
 protected:
  ConnectionBudgetsTest() {
    BudgetSettings settings;
    settings.max_connections = 30;
    settings.reserved_connections = 0;
    budgets_.AddCluster("main", settings);
    budgets_.AddDatabase("a", "main");
    budgets_.AddDatabase("b", "main");
    budgets_.AddDatabase("alone", "");
    kept_ = budgets_.Find("a", "n0", "reader");
  }

  size_t capacity() {
    return budgets_.Find("a", "n0", "reader")->use().capacity;
  }
  // So long after the start.
  void Update(int instances, std::chrono::milliseconds after) {
    budgets_.Update(MakeTopology(42, instances), start_ + after);
  }

  const SteadyTime start_ = SteadyNow();
  ConnectionBudgets budgets_{postgres::BudgetLimits()};
  std::shared_ptr<postgres::ConnectionBudget> kept_;
};

TEST_F(ConnectionBudgetsTest, DatabasesAndRolesOfAClusterShareThatOfANode) {
  EXPECT_EQ(budgets_.Find("b", "n0", "writer"), kept_);
  EXPECT_NE(budgets_.Find("b", "n1", "writer"), kept_);
  EXPECT_EQ(budgets_.FindOfNode("main", "n0"), kept_);
  EXPECT_EQ(budgets_.FindOfNode("main", "n7"), nullptr);
}

TEST_F(ConnectionBudgetsTest, WithoutAClusterEachRoleHasItsOwn) {
  const auto budget = budgets_.Find("alone", "primary", "reader");
  EXPECT_NE(budgets_.Find("alone", "primary", "writer"), budget);
  EXPECT_EQ(budget->use().capacity, 20U);
}

TEST_F(ConnectionBudgetsTest,
       AnotherInstanceCountsAtOnceAndOneLessAfterAWhile) {
  using std::chrono::milliseconds;
  EXPECT_EQ(capacity(), 30U);
  Update(2, milliseconds(0));
  EXPECT_EQ(capacity(), 20U);
  Update(3, milliseconds(500));
  EXPECT_EQ(capacity(), 13U);
  Update(2, milliseconds(1000));
  Update(2, milliseconds(2900));
  EXPECT_EQ(capacity(), 13U);
  Update(2, milliseconds(3000));
  EXPECT_EQ(capacity(), 20U);
}

TEST_F(ConnectionBudgetsTest, ANodeThatHasNotAnsweredChangesNothing) {
  using std::chrono::milliseconds;
  Update(3, milliseconds(0));
  EXPECT_EQ(capacity(), 13U);
  for (int i = 1; i < 10; ++i) {
    budgets_.Update(MakeTopology(0, 0), start_ + i * milliseconds(1000));
  }
  EXPECT_EQ(capacity(), 13U);
}

TEST_F(ConnectionBudgetsTest, OfANodeThatIsGoneTheBudgetStaysAsLongAsItsPools) {
  budgets_.Update(MakeTopology(42, 2), start_);
  topology::Topology others = MakeTopology(42, 2);
  others.nodes[0].address.name = "n1";
  budgets_.Update(others, start_);
  EXPECT_EQ(budgets_.FindOfNode("main", "n0"), kept_);
  kept_.reset();
  budgets_.Update(others, start_);
  EXPECT_EQ(budgets_.FindOfNode("main", "n0"), nullptr);
  // What was known of it is gone, too.
  EXPECT_EQ(capacity(), 30U);
}

TEST_F(ConnectionBudgetsTest, WhatIsKnownOfANodeGoesWithItThoughNobodyUsedIt) {
  topology::Topology others = MakeTopology(42, 2);
  others.nodes[0].address.name = "n1";
  budgets_.Update(others, start_);
  budgets_.Update(MakeTopology(42, 2), start_);
  EXPECT_EQ(budgets_.Find("a", "n1", "reader")->use().capacity, 30U);
  budgets_.Update(others, start_);
  EXPECT_EQ(budgets_.Find("a", "n1", "reader")->use().capacity, 20U);
}

TEST_F(ConnectionBudgetsTest, OneClustersNewsLeaveOthersAlone) {
  budgets_.AddCluster("second", BudgetSettings());
  budgets_.AddDatabase("c", "second");
  budgets_.Find("c", "n0", "reader");
  const auto alone = budgets_.Find("alone", "primary", "reader");
  budgets_.Update(MakeTopology(42, 2), start_);
  EXPECT_NE(budgets_.FindOfNode("second", "n0"), nullptr);
  EXPECT_EQ(budgets_.Find("c", "n0", "reader")->use().capacity, 20U);
  EXPECT_EQ(budgets_.Find("alone", "primary", "reader"), alone);
}

constexpr char kOneApp[] = R"(
apps:
  - name: first
    spiffe_ids: [spiffe://sluice.test/app/first]
    grants:
      - {database: a, role: reader, access: [read]}
      - {database: alone, role: reader, access: [read]}
)";
constexpr char kTwoApps[] = R"(
apps:
  - name: first
    spiffe_ids: [spiffe://sluice.test/app/first]
    grants:
      - {database: a, role: reader, access: [read]}
      - {database: alone, role: reader, access: [read]}
  - name: second
    spiffe_ids: [spiffe://sluice.test/app/second]
    grants:
      - {database: b, role: writer, access: [read]}
      - {database: alone, role: writer, access: [read]}
)";

TEST_F(ConnectionBudgetsTest, AnAppIsLimitedOnceAnotherMayComeThere) {
  const auto alone = budgets_.Find("alone", "primary", "reader");
  const auto room = [](postgres::ConnectionBudget& budget) {
    return budget.share().RoomFor(budget.share().FindAccount("first"),
                                  postgres::HoldTime::kShort);
  };
  budgets_.Serve(MakePolicy(kOneApp));
  EXPECT_GT(room(*kept_), 1000U);
  // The other database of the cluster, under another role: the same node.
  budgets_.Serve(MakePolicy(kTwoApps));
  EXPECT_EQ(room(*kept_), 24U);
  // Each role has its own there.
  EXPECT_GT(room(*alone), 1000U);
  // Of what is made later, too.
  EXPECT_EQ(room(*budgets_.Find("a", "n1", "reader")), 24U);
  budgets_.Serve(MakePolicy(kOneApp));
  EXPECT_GT(room(*kept_), 1000U);
}

TEST_F(ConnectionBudgetsTest, AnInstanceThatIsMissedForAMomentLosesNothing) {
  using std::chrono::milliseconds;
  Update(2, milliseconds(0));
  Update(1, milliseconds(500));
  Update(2, milliseconds(1500));
  Update(1, milliseconds(2600));
  EXPECT_EQ(capacity(), 20U);
}

}  // namespace
}  // namespace sluice::execution

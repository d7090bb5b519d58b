#include "server/execution/connection_budgets.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>

#include "server/base/deadline.h"
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

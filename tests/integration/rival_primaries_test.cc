// Two primaries at once: who gets the writes, and that nobody does while that
// is not settled.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "tests/integration/failover_stack_test.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

class RivalPrimariesTest : public FailoverTest {
 protected:
  static constexpr absl::Duration kLimit = absl::Seconds(2);
  // As half a hundred calls take their connections to another node.
  static constexpr absl::Duration kMoveLimit = absl::Seconds(3);

  static ClusterStackOptions Gated() {
    ClusterStackOptions options;
    options.gateways = 2;
    options.gates = StackPoolers::kGated;
    return options;
  }

  bool AwaitPrimary(const std::string& name, size_t gateway) const {
    return Await(absl::Seconds(10),
                 [&] { return TopologyOf(gateway).primary() == name; });
  }
  // How much a node's ledger holds.
  std::string ContentOf(size_t node) const {
    return stack_->node(node).Ask(
        "app",
        "SELECT (SELECT count(*) FROM ledger_entry) || ' ' || "
        "(SELECT count(*) FROM balance_change)");
  }
  // Waits until nothing is acknowledged any more.
  bool AwaitStandstill() const {
    return Await(absl::Seconds(10), [this] {
      const int64_t before = crowd_->acknowledged();
      return !Await(absl::Milliseconds(300),
                    [&] { return crowd_->acknowledged() > before; });
    });
  }
  void LetCommitAlone(size_t node) const {
    stack_->node(node).Ask("postgres",
                           "ALTER SYSTEM SET synchronous_standby_names = ''");
    stack_->node(node).Ask("postgres", "SELECT pg_reload_conf()");
  }
  bool IsWritten(size_t gateway) const {
    GatewayClient client = stack_->MakeClient(gateway);
    return client
        .Execute(MakeExecute("CREATE TABLE IF NOT EXISTS witness (id int)"),
                 absl::Seconds(10))
        .status.ok();
  }
};

TEST_F(RivalPrimariesTest, WhoHearsOfTheNewOneFromAStandbyLeavesTheOldOne) {
  ASSERT_NO_FATAL_FAILURE(Start(Gated()));
  const size_t next = MoreAdvanced();
  stack_->pooler(1).Stall(next);
  const absl::Time begun = absl::Now();
  const absl::Time promoted = Promote(next);
  AwaitWritesAfter(promoted, kLimit);
  // By the standby that follows the new one.
  ASSERT_TRUE(AwaitPrimary("", 1)) << TopologyOf(1).ShortDebugString();
  EXPECT_THAT(TopologyOf(1).fault(), HasSubstr("timeline 2 has begun"));
  EXPECT_EQ(TopologyOf(0).primary(), PostgresCluster::NameOf(next));
  const std::string content = ContentOf(0);
  ASSERT_TRUE(crowd_->AwaitMoreAcknowledged(500));
  EXPECT_EQ(ContentOf(0), content);
  stack_->pooler(1).Heal(next);
  const absl::Time healed = absl::Now();
  EXPECT_TRUE(IsWritten(1));
  EXPECT_LT(absl::Now() - healed, kMoveLimit);
  ASSERT_TRUE(crowd_->AwaitMoreAcknowledged(500));
  CheckLedgerAt(next, {begun, healed});
  EXPECT_EQ(ContentOf(0), content);
}

TEST_F(RivalPrimariesTest, WhoHearsNothingOfTheNewOneAcknowledgesNothing) {
  ASSERT_NO_FATAL_FAILURE(Start(Gated()));
  const size_t next = MoreAdvanced();
  for (const size_t node : {1, 2}) stack_->pooler(1).Stall(node);
  const absl::Time begun = absl::Now();
  const absl::Time promoted = Promote(next);
  AwaitWritesAfter(promoted, kLimit);
  // It goes on writing where nobody confirms it.
  EXPECT_EQ(TopologyOf(1).primary(), "n0");
  GatewayClient cut_off = stack_->MakeClient(1);
  const ExecuteOutcome unconfirmed =
      cut_off.Execute(MakeExecute("INSERT INTO ledger_entry VALUES (-1, -1)"),
                      absl::Seconds(1));
  EXPECT_EQ(unconfirmed.status.error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  const absl::Time healed = absl::Now();
  for (const size_t node : {1, 2}) stack_->pooler(1).Heal(node);
  EXPECT_TRUE(IsWritten(1));
  EXPECT_LT(absl::Now() - healed, kMoveLimit);
  ASSERT_TRUE(crowd_->AwaitMoreAcknowledged(500));
  CheckLedgerAt(next, {begun, healed});
}

TEST_F(RivalPrimariesTest, WhileTwoClaimOneTimelineNothingIsAcknowledged) {
  ClusterStackOptions options;
  options.gateways = 2;
  // So either of them has all that was acknowledged.
  ASSERT_NO_FATAL_FAILURE(Start(options, /*synchronous=*/2));
  stack_->node(0).Kill();
  LetCommitAlone(1);
  ASSERT_TRUE(stack_->node(1).Promote().ok());
  AwaitWritesAfter(absl::Now(), kLimit);
  const std::string on_rival = ContentOf(2);
  ASSERT_TRUE(stack_->node(2).Promote().ok());
  const absl::Time begun = absl::Now();
  for (const size_t gateway : {0, 1}) {
    ASSERT_TRUE(AwaitPrimary("", gateway));
    EXPECT_THAT(TopologyOf(gateway).fault(), HasSubstr("n1 and n2"));
  }
  ASSERT_TRUE(AwaitStandstill());
  const int64_t acknowledged = crowd_->acknowledged();
  const std::string content = ContentOf(1);
  EXPECT_FALSE(Await(absl::Seconds(2),
                     [&] { return crowd_->acknowledged() > acknowledged; }));
  EXPECT_EQ(ContentOf(1), content);
  EXPECT_EQ(ContentOf(2), on_rival);
  stack_->node(2).Stop();
  ASSERT_TRUE(stack_->node(2).StartAgainAsReplicaOf(stack_->node(1)).ok());
  const absl::Time back = AwaitWritesAfter(absl::Now(), kLimit);
  CheckLedgerAt(1, {begun, back});
}

}  // namespace
}  // namespace sluice::testing

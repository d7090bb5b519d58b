// Writes through failovers of real clusters.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/clock.h"
#include "tests/integration/failover_stack_test.h"

namespace sluice::testing {
namespace {

TEST_F(FailoverTest, AKilledPrimaryLosesNothingThatWasAcknowledged) {
  ASSERT_NO_FATAL_FAILURE(Start(2));
  const absl::Time fault = absl::Now();
  stack_->node(0).Kill();
  const size_t next = MoreAdvanced();
  const absl::Time promoted = Promote(next);
  const absl::Time back = AwaitWritesAfter(promoted, kBack + absl::Seconds(1));
  CheckLedgerAt(next, {fault, back});
}

TEST_F(FailoverTest, APlannedSwitchoverFailsNoCall) {
  ASSERT_NO_FATAL_FAILURE(Start(2));
  const absl::Time fault = absl::Now();
  ASSERT_TRUE(stack_->gateways().HoldWrites().ok());
  // The orderly way: what was committed is on both standbys.
  for (const size_t standby : {1, 2}) {
    ASSERT_TRUE(stack_->cluster().AwaitReplayed(standby, 0));
  }
  stack_->node(0).Stop();
  const absl::Time promoted = Promote(1);
  ASSERT_TRUE(stack_->gateways().ReleaseWrites().ok());
  const absl::Time back = AwaitWritesAfter(promoted, kBack + absl::Seconds(1));
  CheckLedgerAt(1, {fault, back});
  EXPECT_EQ(CountFailed(crowd_->records()), 0);
}

TEST_F(FailoverTest, AFrozenPrimaryGetsNoWriteWhenItWakes) {
  ASSERT_NO_FATAL_FAILURE(Start(1));
  const absl::Time fault = absl::Now();
  stack_->node(0).Freeze();
  EXPECT_TRUE(Await(kDetection, [this] {
    return StateOf(0) == v1::CLUSTER_NODE_STATE_DOWN;
  }));
  const size_t next = MoreAdvanced();
  const absl::Time promoted = Promote(next);
  const absl::Time back = AwaitWritesAfter(promoted, kBack + absl::Seconds(1));
  stack_->node(0).Wake();
  // It is a primary yet, by its own word, and nobody's standby.
  ASSERT_TRUE(Await(absl::Seconds(10), [this] {
    return stack_->node(0).Ask("app", "SELECT pg_is_in_recovery()") == "f";
  }));
  const std::string before =
      stack_->node(0).Ask("app", "SELECT max(id) FROM ledger_entry");
  ASSERT_TRUE(crowd_->AwaitMoreAcknowledged(500));
  CheckLedgerAt(next, {fault, back});
  EXPECT_EQ(stack_->node(0).Ask("app", "SELECT max(id) FROM ledger_entry"),
            before);
}

TEST_F(FailoverTest, AnOldPrimaryThatLivesOnGetsNoWrite) {
  ASSERT_NO_FATAL_FAILURE(Start(2));
  const absl::Time fault = absl::Now();
  // Cut off from its standbys, not from the gateways.
  const size_t next = MoreAdvanced();
  const absl::Time promoted = Promote(next);
  const absl::Time back = AwaitWritesAfter(promoted, kBack + absl::Seconds(1));
  const std::string before =
      stack_->node(0).Ask("app", "SELECT max(id) FROM ledger_entry");
  ASSERT_TRUE(crowd_->AwaitMoreAcknowledged(500));
  CheckLedgerAt(next, {fault, back});
  EXPECT_EQ(stack_->node(0).Ask("app", "SELECT max(id) FROM ledger_entry"),
            before);
}

}  // namespace
}  // namespace sluice::testing

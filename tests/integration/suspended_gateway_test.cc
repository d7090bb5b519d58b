// Gateways that were stopped while another primary came: what they know when
// they go on is old.

#include <gtest/gtest.h>

#include <string>

#include "absl/time/clock.h"
#include "tests/integration/failover_stack_test.h"

namespace sluice::testing {
namespace {

// Commits wait for nobody: what went to the old primary would be acknowledged,
// and lost.
class SuspendedGatewayTest : public FailoverTest {
 protected:
  // Longer than what is known of a primary counts.
  static constexpr absl::Duration kSuspension = absl::Seconds(10);

  void StartAndSuspend() {
    ClusterStackOptions options;
    options.gateways = 2;
    ASSERT_NO_FATAL_FAILURE(Start(options, /*synchronous=*/0));
    suspended_at_ = absl::Now();
    for (const size_t gateway : {0, 1}) stack_->gateway(gateway).Suspend();
    // What they have sent comes to its end.
    ASSERT_TRUE(Await(absl::Seconds(10), [this] {
      return stack_->node(0).Ask(
                 "app",
                 "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                 "AND datname = 'app' AND backend_type = 'client backend' "
                 "AND pid <> pg_backend_pid()") == "0";
    }));
    for (const size_t standby : {1, 2}) {
      ASSERT_TRUE(stack_->cluster().AwaitReplayed(standby, 0));
    }
  }
  absl::Time Resume() {
    absl::SleepFor(suspended_at_ + kSuspension - absl::Now());
    for (const size_t gateway : {0, 1}) stack_->gateway(gateway).Resume();
    return absl::Now();
  }
  std::string OldContent() const {
    return stack_->node(0).Ask(
        "app",
        "SELECT (SELECT count(*) FROM ledger_entry) || ' ' || "
        "(SELECT count(*) FROM balance_change)");
  }

  absl::Time suspended_at_;
};

TEST_F(SuspendedGatewayTest, WritesNothingToThePrimaryThatItKnew) {
  ASSERT_NO_FATAL_FAILURE(StartAndSuspend());
  const std::string content = OldContent();
  // There is something that a COMMIT would still write.
  EXPECT_NE(
      stack_->node(0).Ask("app",
                          "SELECT count(*) FROM pg_stat_activity WHERE "
                          "state = 'idle in transaction' AND datname = 'app'"),
      "0");
  Promote(1);
  const absl::Time back = AwaitWritesAfter(Resume(), kBack + absl::Seconds(1));
  CheckLedgerAt(1, {suspended_at_, back});
  EXPECT_EQ(OldContent(), content);
}

TEST_F(SuspendedGatewayTest, GoesOnWithThePrimaryThatIsStillTheOne) {
  ASSERT_NO_FATAL_FAILURE(StartAndSuspend());
  const absl::Time back = AwaitWritesAfter(Resume(), kBack + absl::Seconds(1));
  CheckLedgerAt(0, {suspended_at_, back});
}

}  // namespace
}  // namespace sluice::testing

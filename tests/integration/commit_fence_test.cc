// Commits, replays and outcomes of a gateway that was stopped while another
// primary came.

#include "tests/integration/commit_fence_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/clock.h"

namespace sluice::testing {
namespace {

class SuspendedCommitTest : public CommitFenceTest {
 protected:
  // Longer than what is known of a primary counts.
  static constexpr absl::Duration kSuspension = absl::Milliseconds(5500);

  // While the gateway is stopped another primary comes. It goes on with what
  // the old one has answered meanwhile; of the new one it hears later.
  void PromoteWhileSuspended() {
    const absl::Time suspended_at = absl::Now();
    stack_->gateway().Suspend();
    PromoteBehindGate();
    absl::SleepFor(suspended_at + kSuspension - absl::Now());
    stack_->gateway().Resume();
  }
  ExecuteOutcome InsertOnce(const std::string& request_id) {
    v1::ExecuteRequest request = MakeExecute(kInsert);
    request.set_request_id(request_id);
    return client_->Execute(request);
  }
};

TEST_F(SuspendedCommitTest, ASuspendedGatewayCommitsNothingOnTheOldPrimary) {
  ASSERT_NO_FATAL_FAILURE(StartAlone());
  ASSERT_THAT(client_->Execute(kInsert).status, IsOk());
  auto held = Hold([this] { return client_->Execute(kInsert); },
                   "state = 'idle in transaction'");
  PromoteWhileSuspended();
  ExpectBegunAnew(Hear(held));
  EXPECT_EQ(CountItems(0), "1");
}

TEST_F(SuspendedCommitTest, AReplayIsNoAnswerOfTheOldPrimarys) {
  ASSERT_NO_FATAL_FAILURE(StartAlone());
  ASSERT_THAT(InsertOnce("a").status, IsOk());
  const ExecuteOutcome twin = InsertOnce("a");
  ASSERT_THAT(twin.status, IsOk());
  EXPECT_TRUE(twin.response.summary().replayed());
  auto held = Hold([this] { return InsertOnce("a"); },
                   "state = 'idle in transaction (aborted)'");
  PromoteWhileSuspended();
  ExpectBegunAnew(Hear(held));
}

TEST_F(SuspendedCommitTest, AnOutcomeIsNoneOfTheOldPrimarys) {
  ASSERT_NO_FATAL_FAILURE(StartAlone());
  const ExecuteOutcome written = client_->Execute(kInsert);
  ASSERT_THAT(written.status, IsOk());
  const auto ask = [&] {
    return client_->GetTransactionOutcome(
        written.response.summary().outcome_reference());
  };
  ASSERT_EQ(ask().response.outcome(), v1::TRANSACTION_OUTCOME_COMMITTED);
  auto held = Hold(ask, "state = 'idle' AND query LIKE '%pg_xact_status%'");
  PromoteWhileSuspended();
  const auto outcome = Hear(held);
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.response.outcome(), v1::TRANSACTION_OUTCOME_UNKNOWN);
  EXPECT_EQ(CountItems(1), "0");
}

}  // namespace
}  // namespace sluice::testing

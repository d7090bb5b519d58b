// Tests what an interactive transaction does before it has a connection.

#include "server/execution/interactive_transaction.h"

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/execution/test_stream.h"
#include "server/identity/sealer.h"

namespace sluice::execution {
namespace {

constexpr absl::Duration kIdle = absl::Milliseconds(50);

config::v1::Config MakeConfig() {
  config::v1::Config config;
  config::v1::Limits& limits = *config.mutable_limits();
  limits.mutable_max_transaction_idle()->set_nanos(50'000'000);
  limits.mutable_max_transaction_statement()->set_seconds(60);
  limits.mutable_max_transaction_time()->set_seconds(300);
  return config;
}

Task<void> BeginAndNote(InteractiveTransaction& transaction,
                        const v1::TransactBegin& begin, absl::Status* status) {
  v1::TransactBegun begun;
  Task<absl::Status> beginning = transaction.Begin(begin, {}, &begun);
  *status = co_await std::move(beginning);
}

class InteractiveTransactionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    RunOn(loop_, [this] {
      transaction_ = std::make_unique<InteractiveTransaction>(
          context_, policy::Permit(nullptr, app_, {}),
          [this] { ++stop_count_; });
    });
  }
  void TearDown() override {
    RunOn(loop_, [this] { transaction_.reset(); });
  }

  // Without a connection no request has to wait.
  absl::Status Begin(const v1::TransactBegin& begin) {
    absl::Status status;
    RunOn(loop_, [&] { Spawn(BeginAndNote(*transaction_, begin, &status)); });
    return status;
  }

  const policy::App app_;
  EventLoop loop_{"transact-test"};
  policy::StatementClassifier classifier_;
  const identity::Sealer sealer_ = identity::Sealer::MakeRandom();
  ExecutionContext context_{loop_, classifier_, MakeConfig(), {}, sealer_};
  std::unique_ptr<InteractiveTransaction> transaction_;
  int stop_count_ = 0;
};

TEST_F(InteractiveTransactionTest, BeginsNothingThatCannotBe) {
  v1::TransactBegin begin;
  begin.set_database("missing");
  EXPECT_FALSE(transaction_->has_begun());
  EXPECT_EQ(ReasonOf(Begin(begin)), v1::ERROR_REASON_UNKNOWN_DATABASE);
  EXPECT_TRUE(transaction_->is_over());
  EXPECT_FALSE(transaction_->has_begun());
}

TEST_F(InteractiveTransactionTest, LooksAtTheOptionsFirst) {
  v1::TransactBegin begin;
  begin.mutable_transaction()->mutable_lock_timeout()->set_seconds(-1);
  const absl::Status status = Begin(begin);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_INVALID_REQUEST);
  EXPECT_EQ(ErrorMetadataOf(status, "field"), "transaction.lock_timeout");
  EXPECT_TRUE(transaction_->is_over());
}

TEST_F(InteractiveTransactionTest, IsStoppedOnceForTheFirstReason) {
  RunOn(loop_, [this] {
    transaction_->Stop(CancellationError(CancelCause::kCaller, "transaction"));
    transaction_->Stop(
        CancellationError(CancelCause::kDeadline, "transaction"));
  });
  EXPECT_EQ(stop_count_, 1);
  EXPECT_TRUE(absl::IsCancelled(transaction_->stopped()));
  EXPECT_FALSE(transaction_->is_over());
  EXPECT_TRUE(absl::IsCancelled(Begin({})));
  EXPECT_TRUE(transaction_->is_over());
}

TEST_F(InteractiveTransactionTest, IsStoppedByTheSilenceOfItsCallerAlone) {
  RunOn(loop_, [this] {
    transaction_->StartIdle();
    transaction_->EndIdle();
  });
  absl::SleepFor(3 * kIdle);
  RunOn(loop_, [this] {
    EXPECT_TRUE(transaction_->stopped().ok());
    transaction_->StartIdle();
  });
  EXPECT_TRUE(AwaitOn(loop_, [this] { return stop_count_ == 1; }));
  const absl::Status status = transaction_->stopped();
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_TRANSACTION_IDLE);
  EXPECT_EQ(ErrorMetadataOf(status, "limit"), "50ms");
  EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
}

TEST_F(InteractiveTransactionTest, IsNotStoppedOnceItIsOver) {
  v1::TransactBegin begin;
  begin.set_database("missing");
  EXPECT_FALSE(Begin(begin).ok());
  RunOn(loop_, [this] {
    transaction_->Stop(CancellationError(CancelCause::kCaller, "transaction"));
  });
  EXPECT_EQ(stop_count_, 0);
  EXPECT_TRUE(transaction_->stopped().ok());
}

}  // namespace
}  // namespace sluice::execution

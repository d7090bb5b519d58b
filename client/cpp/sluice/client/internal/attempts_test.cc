#include "sluice/client/internal/attempts.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>

#include "absl/strings/cord.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"

namespace sluice::client::internal {
namespace {

constexpr RetryPolicy kQuick = {.max_attempts = 3,
                                .initial_backoff = absl::Milliseconds(1)};

absl::Status WithRetryInfo(absl::StatusCode code, absl::Duration delay) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(delay)));
  absl::Status status(code, "again");
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo",
                    absl::Cord(info.SerializeAsString()));
  return status;
}

// How often a call is made that always fails with `error`.
int AttemptsOf(const absl::Status& error, const RetryPolicy& policy,
               const CallBounds& bounds = {}) {
  int made = 0;
  EXPECT_EQ(RunAttempts(policy, bounds,
                        [&] {
                          ++made;
                          return error;
                        }),
            error);
  return made;
}

TEST(AttemptsTest, AreMadeAgainWhereTheStatusSaysSo) {
  EXPECT_EQ(AttemptsOf(absl::UnavailableError("lost"), kQuick), 3);
  EXPECT_EQ(AttemptsOf(WithRetryInfo(absl::StatusCode::kResourceExhausted,
                                     absl::Milliseconds(1)),
                       kQuick),
            3);
}

TEST(AttemptsTest, AreNotMadeAgainWhereItWouldNotHelp) {
  for (const absl::Status& error :
       {absl::InvalidArgumentError("a"), absl::ResourceExhaustedError("b"),
        absl::CancelledError("c"), absl::DeadlineExceededError("d"),
        absl::AbortedError("e"), absl::UnknownError("f")}) {
    EXPECT_EQ(AttemptsOf(error, kQuick), 1) << error;
  }
  EXPECT_EQ(AttemptsOf(absl::UnavailableError("lost"), {.max_attempts = 1}), 1);
}

absl::Status WithReason(absl::StatusCode code, const char* reason) {
  google::rpc::ErrorInfo info;
  info.set_domain("sluice");
  info.set_reason(reason);
  absl::Status status(code, reason);
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                    absl::Cord(info.SerializeAsString()));
  return status;
}

TEST(AttemptsTest, OfARequestIdAreMadeAgainToLearnTheOutcome) {
  const absl::Status unknown =
      WithReason(absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  EXPECT_TRUE(RequestIdRule(unknown).has_value());
  EXPECT_TRUE(RequestIdRule(absl::UnavailableError("lost")).has_value());
  EXPECT_FALSE(RequestIdRule(absl::UnknownError("what")).has_value());
  EXPECT_FALSE(ReadRule(unknown).has_value());
}

TEST(AttemptsTest, OfATransactionAreMadeAgainWhereItWasRolledBack) {
  const auto is_made_again = [](absl::StatusCode code, const char* reason) {
    return TransactionRule(WithReason(code, reason)).has_value();
  };
  EXPECT_TRUE(
      is_made_again(absl::StatusCode::kAborted, "SERIALIZATION_FAILURE"));
  EXPECT_TRUE(is_made_again(absl::StatusCode::kUnavailable, "CONNECTION_LOST"));
  // Of gRPC's own: the call ended before the commit.
  EXPECT_TRUE(TransactionRule(absl::UnavailableError("lost")).has_value());
  EXPECT_FALSE(
      is_made_again(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN"));
  absl::Status idle =
      WithReason(absl::StatusCode::kAborted, "TRANSACTION_IDLE");
  idle.SetPayload("type.googleapis.com/google.rpc.RetryInfo", absl::Cord());
  EXPECT_TRUE(ReadRule(idle).has_value());
  EXPECT_FALSE(TransactionRule(idle).has_value());
  EXPECT_FALSE(
      is_made_again(absl::StatusCode::kDeadlineExceeded, "STATEMENT_TIMEOUT"));
  EXPECT_FALSE(TransactionRule(absl::OkStatus()).has_value());
}

TEST(AttemptsTest, EndWithTheFirstSuccess) {
  int made = 0;
  EXPECT_TRUE(RunAttempts(kQuick, {}, [&] {
                return ++made == 2 ? absl::OkStatus()
                                   : absl::UnavailableError("lost");
              }).ok());
  EXPECT_EQ(made, 2);
}

TEST(AttemptsTest, WaitAsLongAsTheServerAsks) {
  const absl::Time start = absl::Now();
  AttemptsOf(
      WithRetryInfo(absl::StatusCode::kUnavailable, absl::Milliseconds(30)),
      {.max_attempts = 2, .initial_backoff = absl::Milliseconds(1)});
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(30));
}

TEST(AttemptsTest, DoNotWaitBeyondTheDeadline) {
  const absl::Time start = absl::Now();
  const absl::Status error =
      WithRetryInfo(absl::StatusCode::kUnavailable, absl::Milliseconds(900));
  EXPECT_EQ(
      AttemptsOf(error, kQuick, {.deadline = start + absl::Milliseconds(500)}),
      1);
  EXPECT_LT(absl::Now() - start, absl::Milliseconds(400));
}

TEST(AttemptsTest, AreStoppedWhileTheyWait) {
  const auto source = std::make_unique<std::stop_source>();
  absl::Status error =
      WithRetryInfo(absl::StatusCode::kUnavailable, absl::Milliseconds(999));
  std::promise<void> attempted;
  std::thread stopper([&] {
    attempted.get_future().wait();
    source->request_stop();
  });
  const absl::Time start = absl::Now();
  const absl::Status status =
      RunAttempts({.max_attempts = 2}, {.stop = source->get_token()}, [&] {
        attempted.set_value();
        return error;
      });
  stopper.join();
  EXPECT_LT(absl::Now() - start, absl::Milliseconds(900));
  // Stopped before the wait began, it has the status of the attempt.
  EXPECT_TRUE(absl::IsCancelled(status) || status == error) << status;
}

}  // namespace
}  // namespace sluice::client::internal

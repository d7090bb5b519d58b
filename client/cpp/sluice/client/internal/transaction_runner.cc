#include "sluice/client/internal/transaction_runner.h"

#include <limits>
#include <utility>

#include "absl/time/clock.h"
#include "sluice/client/error_details.h"
#include "sluice/client/internal/call_error.h"

namespace sluice::client::internal {
namespace {

// Between questions for an outcome.
constexpr RetryPolicy kAsking = {
    .max_attempts = std::numeric_limits<int>::max(),
    .initial_backoff = absl::Milliseconds(20),
    .max_backoff = absl::Seconds(1)};

}  // namespace

absl::StatusOr<CommitReceipt> TransactionRunner::Run(Function function,
                                                     absl::Duration patience) {
  int attempts = 0;
  const auto run = [&] {
    Transaction transaction = open_(attempts);
    return RunOnce(transaction, function, patience);
  };
  absl::Status status = RunAttempts(
      policy_, bounds_,
      [&] {
        ++attempts;
        absl::Status ran = run();
        return was_token_refused_ ? run() : ran;
      },
      [&](const absl::Status&) { return restart_; });
  if (!status.ok()) return status;
  return receipt_;
}

absl::Status TransactionRunner::RunOnce(Transaction& transaction,
                                        Function function,
                                        absl::Duration patience) {
  restart_.reset();
  was_token_refused_ = false;
  absl::Status status = function(transaction);
  if (!transaction.is_valid()) {
    return absl::FailedPreconditionError(
        "the function has moved its transaction away");
  }
  if (status.ok()) {
    absl::StatusOr<CommitReceipt> receipt = transaction.Commit();
    if (receipt.ok()) {
      receipt_ = *std::move(receipt);
      return absl::OkStatus();
    }
    status = receipt.status();
    if (transaction.state() == v1::TRANSACTION_STATE_UNSPECIFIED) {
      receipt_ = {.attempts = transaction.attempt()};
      status = Resolve(status, patience);
      restart_ = TransactionRule(status);
      return status;
    }
  }
  if (transaction.state() == v1::TRANSACTION_STATE_COMMITTED ||
      transaction.state() == v1::TRANSACTION_STATE_UNSPECIFIED) {
    return status;  // The function has committed by itself.
  }
  // So that its locks are gone by the next attempt. One that still runs a
  // statement is cancelled instead, when it is destroyed.
  if (!transaction.has_ended() && !transaction.has_unanswered()) {
    transaction.Rollback().IgnoreError();
  }
  was_token_refused_ = WasTokenRefused(transaction.failure());
  restart_ = TransactionRule(transaction.failure());
  if (!restart_.has_value()) restart_ = TransactionRule(status);
  return status;
}

absl::Status TransactionRunner::Resolve(const absl::Status& unknown,
                                        absl::Duration patience) {
  receipt_.outcome_reference = ErrorDetails::From(unknown).outcome_reference();
  if (receipt_.outcome_reference.empty()) return unknown;
  CallBounds bounds = bounds_;
  if (bounds.deadline == absl::InfiniteFuture()) {
    bounds.deadline = absl::Now() + patience;
  }
  auto outcome = v1::TRANSACTION_OUTCOME_UNKNOWN;
  const absl::Status asked = RunAttempts(kAsking, bounds, [&] {
    const absl::StatusOr<v1::TransactionOutcome> told =
        ask_(receipt_.outcome_reference, bounds);
    if (!told.ok()) return told.status();
    outcome = *told;
    return outcome == v1::TRANSACTION_OUTCOME_IN_PROGRESS
               ? absl::UnavailableError("in progress")
               : absl::OkStatus();
  });
  if (!asked.ok()) return unknown;
  if (outcome == v1::TRANSACTION_OUTCOME_COMMITTED) return absl::OkStatus();
  if (outcome == v1::TRANSACTION_OUTCOME_ABORTED) return NotExecuted(unknown);
  return unknown;
}

}  // namespace sluice::client::internal

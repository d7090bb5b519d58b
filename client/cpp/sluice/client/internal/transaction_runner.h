// Runs a function in a transaction until it is committed.

#ifndef SLUICE_CLIENT_INTERNAL_TRANSACTION_RUNNER_H_
#define SLUICE_CLIENT_INTERNAL_TRANSACTION_RUNNER_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sluice/client/commit_receipt.h"
#include "sluice/client/internal/attempts.h"
#include "sluice/client/retry_policy.h"
#include "sluice/client/transaction.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client::internal {

// Lifetime: of one Run; so are the functions that it is given.
class TransactionRunner {
 public:
  // Opens the transaction of an attempt, counted from 1.
  using Open = absl::FunctionRef<Transaction(int attempt)>;
  // Asks what became of a transaction.
  using Ask = absl::FunctionRef<absl::StatusOr<v1::TransactionOutcome>(
      const std::string& reference, const CallBounds& bounds)>;
  using Function = absl::FunctionRef<absl::Status(Transaction&)>;

  TransactionRunner(const RetryPolicy& policy, const CallBounds& bounds,
                    Open open, Ask ask)
      : policy_(policy), bounds_(bounds), open_(open), ask_(ask) {}

  // Commits what `function` did where it returns OK, else rolls back. Both
  // again where TransactionRule allows it, be it of the error that the function
  // returned or of the one that failed its transaction, and at once where its
  // token was refused. Where the outcome of a
  // commit is unknown it asks for it, until the deadline or, without one, for
  // `patience`.
  absl::StatusOr<CommitReceipt> Run(Function function, absl::Duration patience);

 private:
  // Sets `receipt_` or `restart_` and `was_token_refused_`.
  absl::Status RunOnce(Transaction& transaction, Function function,
                       absl::Duration patience);
  // The outcome of a commit whose error left it open.
  absl::Status Resolve(const absl::Status& unknown, absl::Duration patience);

  const RetryPolicy policy_;
  const CallBounds bounds_;
  const Open open_;
  const Ask ask_;
  CommitReceipt receipt_;
  // Whether the last attempt may be followed by another, and after which time.
  std::optional<absl::Duration> restart_;
  // Whether it failed for its token, before a commit was sent.
  bool was_token_refused_ = false;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_TRANSACTION_RUNNER_H_

#include "server/execution/transaction_errors.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/error.h"

namespace sluice::execution {
namespace {

absl::Status TimeoutError(absl::StatusCode code, v1::ErrorReason reason,
                          absl::string_view what, absl::Duration limit) {
  const std::string told = absl::FormatDuration(limit);
  return MakeError(code, reason, absl::StrCat(what, " ", told),
                   {{"limit", told}, {"executed", "no"}});
}

}  // namespace

absl::Status OutcomeUnknownError(const absl::Status& cause,
                                 const std::string& reference) {
  absl::Status status = MakeError(
      absl::StatusCode::kUnknown, v1::ERROR_REASON_OUTCOME_UNKNOWN,
      absl::StrCat("PostgreSQL did not tell how it ended: ", cause.message()),
      {{"executed", "unknown"}});
  const std::string sqlstate = ErrorMetadataOf(cause, "sqlstate");
  if (!sqlstate.empty()) SetErrorMetadata(status, "sqlstate", sqlstate);
  if (!reference.empty()) {
    SetErrorMetadata(status, "outcome_reference", reference);
  }
  return status;
}

absl::Status TransactionFailedError() {
  return MakeError(absl::StatusCode::kAborted,
                   v1::ERROR_REASON_TRANSACTION_FAILED,
                   "an earlier request of the transaction has failed; it can "
                   "only be rolled back, to a savepoint or as a whole",
                   {{"executed", "no"}});
}

absl::Status TransactionEndedError() {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, v1::ERROR_REASON_TRANSACTION_ENDED,
      "SQL code ended the transaction by itself", {{"executed", "unknown"}});
}

absl::Status TransactionLostError() {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_CONNECTION_LOST,
                   "the connection to PostgreSQL was lost, and the transaction "
                   "with it",
                   {{"phase", "transaction"}, {"executed", "no"}});
}

absl::Status StatementTimeoutError(absl::Duration limit) {
  return TimeoutError(absl::StatusCode::kDeadlineExceeded,
                      v1::ERROR_REASON_STATEMENT_TIMEOUT,
                      "the statement took longer than its limit of", limit);
}

absl::Status TransactionTimeoutError(absl::Duration limit) {
  return TimeoutError(absl::StatusCode::kDeadlineExceeded,
                      v1::ERROR_REASON_TRANSACTION_TIMEOUT,
                      "the transaction took longer than its limit of", limit);
}

absl::Status TransactionIdleError(absl::Duration limit) {
  return TimeoutError(absl::StatusCode::kAborted,
                      v1::ERROR_REASON_TRANSACTION_IDLE,
                      "the transaction had no request for its limit of", limit);
}

}  // namespace sluice::execution

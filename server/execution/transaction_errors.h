// What callers are told of a transaction that did not end well.

#ifndef SLUICE_SERVER_EXECUTION_TRANSACTION_ERRORS_H_
#define SLUICE_SERVER_EXECUTION_TRANSACTION_ERRORS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::execution {

// UNKNOWN (OUTCOME_UNKNOWN). `cause` is what PostgreSQL, or the loss of the
// connection, said; `reference` may be empty.
absl::Status OutcomeUnknownError(const absl::Status& cause,
                                 const std::string& reference);

// ABORTED (TRANSACTION_FAILED).
absl::Status TransactionFailedError();

// FAILED_PRECONDITION (TRANSACTION_ENDED).
absl::Status TransactionEndedError();

// UNAVAILABLE (CONNECTION_LOST): rolled back.
absl::Status TransactionLostError();

// DEADLINE_EXCEEDED (STATEMENT_TIMEOUT).
absl::Status StatementTimeoutError(absl::Duration limit);

// DEADLINE_EXCEEDED (TRANSACTION_TIMEOUT).
absl::Status TransactionTimeoutError(absl::Duration limit);

// ABORTED (TRANSACTION_IDLE).
absl::Status TransactionIdleError(absl::Duration limit);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_TRANSACTION_ERRORS_H_

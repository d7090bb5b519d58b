// Errors of an interactive transaction as the statuses that calls have.

#ifndef SLUICE_CLIENT_INTERNAL_CALL_ERROR_H_
#define SLUICE_CLIENT_INTERNAL_CALL_ERROR_H_

#include "absl/status/status.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::client::internal {

// With the details that the status of a call would carry.
absl::Status FromCallError(const v1::CallError& error);

// `error`, which ended a call whose commit was sent, so that it says that the
// outcome is open. One of the gateway's stays as it is: it knows.
absl::Status WithOpenOutcome(const absl::Status& error);

// That a commit did not take place, of which `error` had left it open.
absl::Status NotExecuted(const absl::Status& error);

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_CALL_ERROR_H_

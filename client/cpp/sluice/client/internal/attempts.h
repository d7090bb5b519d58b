// Makes a call again where its policy and its status say so.

#ifndef SLUICE_CLIENT_INTERNAL_ATTEMPTS_H_
#define SLUICE_CLIENT_INTERNAL_ATTEMPTS_H_

#include <stop_token>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sluice/client/retry_policy.h"

namespace sluice::client::internal {

// What ends a call, all its attempts together.
struct CallBounds {
  absl::Time deadline = absl::InfiniteFuture();
  std::stop_token stop;
};

// Runs `attempt`, a read, until it succeeds or must not be made again; waits
// in between as RetryPolicy says. Returns the status of the last attempt, or
// CANCELLED when it was stopped while it waited.
absl::Status RunAttempts(const RetryPolicy& policy, const CallBounds& bounds,
                         absl::FunctionRef<absl::Status()> attempt);

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_ATTEMPTS_H_

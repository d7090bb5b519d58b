// Makes a call again where its policy and its status say so.

#ifndef SLUICE_CLIENT_INTERNAL_ATTEMPTS_H_
#define SLUICE_CLIENT_INTERNAL_ATTEMPTS_H_

#include <optional>
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

// How long to wait at least before another attempt; nothing where there must be
// none.
using RetryRule =
    absl::FunctionRef<std::optional<absl::Duration>(const absl::Status&)>;

// For calls that only read: as RetryPolicy says.
std::optional<absl::Duration> ReadRule(const absl::Status& error);
// For calls with a request id: also where the outcome is unknown, since the
// repetition tells it.
std::optional<absl::Duration> RequestIdRule(const absl::Status& error);
// For a whole interactive transaction that was rolled back.
std::optional<absl::Duration> TransactionRule(const absl::Status& error);

// Whether a call was refused for its token, and nothing was executed.
bool WasTokenRefused(const absl::Status& error);

// Makes a call that carries a token, and at once another one where the token
// was refused: that has a new one.
absl::Status WithNewToken(absl::FunctionRef<absl::Status()> call);

// Runs `attempt` until it succeeds or must not be made again; waits in between
// as `rule` and RetryPolicy say. Returns the status of the last attempt, or
// CANCELLED when it was stopped while it waited.
absl::Status RunAttempts(const RetryPolicy& policy, const CallBounds& bounds,
                         absl::FunctionRef<absl::Status()> attempt,
                         RetryRule rule = ReadRule);

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_ATTEMPTS_H_

#include "sluice/client/internal/attempts.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "absl/random/random.h"
#include "absl/time/clock.h"
#include "sluice/client/error_details.h"

namespace sluice::client::internal {
namespace {

// A random part of it, so that those who failed together do not come again
// together.
absl::Duration Jittered(absl::Duration backoff) {
  absl::InsecureBitGen random;
  return backoff * absl::Uniform<double>(random, 0, 1);
}

// False: stopped meanwhile.
bool Wait(absl::Duration delay, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock<std::mutex> lock(mutex);
  stopped.wait_for(lock, stop, absl::ToChronoMicroseconds(delay),
                   [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

std::optional<absl::Duration> ReadRule(const absl::Status& error) {
  const std::optional<absl::Duration> asked =
      ErrorDetails::From(error).retry_delay;
  if (!asked.has_value() && absl::IsUnavailable(error)) {
    return absl::ZeroDuration();
  }
  return asked;
}

std::optional<absl::Duration> RequestIdRule(const absl::Status& error) {
  if (ErrorDetails::From(error).reason == v1::ERROR_REASON_OUTCOME_UNKNOWN) {
    return absl::ZeroDuration();
  }
  return ReadRule(error);
}

std::optional<absl::Duration> TransactionRule(const absl::Status& error) {
  const ErrorDetails details = ErrorDetails::From(error);
  switch (details.reason) {
    case v1::ERROR_REASON_SERIALIZATION_FAILURE:
    case v1::ERROR_REASON_DEADLOCK:
    case v1::ERROR_REASON_LOCK_NOT_AVAILABLE:
    case v1::ERROR_REASON_PLAN_CHANGED:
      return details.retry_delay.value_or(absl::ZeroDuration());
    case v1::ERROR_REASON_OUTCOME_UNKNOWN:
    // The function was too slow, and would be again.
    case v1::ERROR_REASON_TRANSACTION_IDLE:
      return std::nullopt;
    default:
      return ReadRule(error);
  }
}

bool WasTokenRefused(const absl::Status& error) {
  if (!absl::IsUnauthenticated(error)) return false;
  const ErrorDetails details = ErrorDetails::From(error);
  return details.reason == v1::ERROR_REASON_TOKEN_INVALID &&
         details.executed() != Executed::kUnknown;
}

absl::Status WithNewToken(absl::FunctionRef<absl::Status()> call) {
  absl::Status status = call();
  if (!WasTokenRefused(status)) return status;
  return call();
}

absl::Status RunAttempts(const RetryPolicy& policy, const CallBounds& bounds,
                         absl::FunctionRef<absl::Status()> attempt,
                         RetryRule rule) {
  absl::Duration backoff = policy.initial_backoff;
  for (int made = 1;; ++made) {
    absl::Status status = attempt();
    if (status.ok() || made >= policy.max_attempts ||
        bounds.stop.stop_requested()) {
      return status;
    }
    const std::optional<absl::Duration> least = rule(status);
    if (!least.has_value()) return status;
    const absl::Duration delay =
        *least + Jittered(std::min(backoff, policy.max_backoff));
    if (absl::Now() + delay >= bounds.deadline) return status;
    if (!Wait(delay, bounds.stop)) {
      return absl::CancelledError("stopped while it waited for a retry");
    }
    backoff *= 2;
  }
}

}  // namespace sluice::client::internal

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

// How long to wait for another attempt; nothing where there must be none.
std::optional<absl::Duration> RetryDelay(const absl::Status& error,
                                         absl::Duration backoff) {
  const std::optional<absl::Duration> asked =
      ErrorDetails::From(error).retry_delay;
  if (!asked.has_value() && !absl::IsUnavailable(error)) return std::nullopt;
  absl::InsecureBitGen random;
  return asked.value_or(absl::ZeroDuration()) +
         backoff * absl::Uniform<double>(random, 0, 1);
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

absl::Status RunAttempts(const RetryPolicy& policy, const CallBounds& bounds,
                         absl::FunctionRef<absl::Status()> attempt) {
  absl::Duration backoff = policy.initial_backoff;
  for (int made = 1;; ++made) {
    absl::Status status = attempt();
    if (status.ok() || made >= policy.max_attempts ||
        bounds.stop.stop_requested()) {
      return status;
    }
    const std::optional<absl::Duration> delay =
        RetryDelay(status, std::min(backoff, policy.max_backoff));
    if (!delay.has_value() || absl::Now() + *delay >= bounds.deadline) {
      return status;
    }
    if (!Wait(*delay, bounds.stop)) {
      return absl::CancelledError("stopped while it waited for a retry");
    }
    backoff *= 2;
  }
}

}  // namespace sluice::client::internal

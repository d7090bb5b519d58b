// Cancellation: tells the work of one call that nobody waits for it any more.

#ifndef SLUICE_SERVER_BASE_CANCELLATION_H_
#define SLUICE_SERVER_BASE_CANCELLATION_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice {

enum class CancelCause {
  kNone,
  kCaller,
  kDeadline,
  // The token, or what the policy allowed, is no longer good.
  kRevoked,
  // An operator wants it.
  kAdmin,
};

// CANCELLED (CANCELLED, CANCELLED_BY_ADMIN), DEADLINE_EXCEEDED or
// UNAUTHENTICATED (TOKEN_INVALID), by the cause; nothing was executed. `phase`
// says what the call was doing.
absl::Status CancellationError(CancelCause cause, absl::string_view phase);

// Threads: belongs to one event loop.
class Cancellation {
 public:
  Cancellation() = default;
  Cancellation(const Cancellation&) = delete;

  CancelCause cause() const { return cause_; }
  bool Requested() const { return cause_ != CancelCause::kNone; }

  // Requests it; the first cause counts. Calls the listener, once.
  void Request(CancelCause cause) {
    if (Requested()) return;
    cause_ = cause;
    if (std::function<void()> listener = std::exchange(listener_, nullptr)) {
      listener();
    }
  }

  // Work in progress listens while it can be interrupted. One listener at a
  // time; it is not called for a request made before: ask Requested() first.
  void Listen(std::function<void()> listener) {
    listener_ = std::move(listener);
  }
  void Unlisten() { listener_ = nullptr; }

 private:
  CancelCause cause_ = CancelCause::kNone;
  std::function<void()> listener_;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_CANCELLATION_H_

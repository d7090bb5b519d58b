#include "server/base/cancellation.h"

#include "server/base/error.h"

namespace sluice {

absl::Status CancellationError(CancelCause cause, absl::string_view phase) {
  const bool by_deadline = cause == CancelCause::kDeadline;
  return MakeError(
      by_deadline ? absl::StatusCode::kDeadlineExceeded
                  : absl::StatusCode::kCancelled,
      by_deadline ? v1::ERROR_REASON_DEADLINE_EXCEEDED
                  : v1::ERROR_REASON_CANCELLED,
      by_deadline ? "the deadline passed" : "the caller cancelled the call",
      {{"executed", "no"}, {"phase", phase}});
}

}  // namespace sluice

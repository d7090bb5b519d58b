#include "server/base/cancellation.h"

#include "server/base/error.h"

namespace sluice {
namespace {

struct CauseFacts {
  absl::StatusCode code;
  v1::ErrorReason reason;
  absl::string_view message;
};

CauseFacts FactsOf(CancelCause cause) {
  switch (cause) {
    case CancelCause::kDeadline:
      return {absl::StatusCode::kDeadlineExceeded,
              v1::ERROR_REASON_DEADLINE_EXCEEDED, "the deadline passed"};
    case CancelCause::kRevoked:
      return {absl::StatusCode::kUnauthenticated,
              v1::ERROR_REASON_TOKEN_INVALID,
              "the token was revoked while the call was in progress"};
    case CancelCause::kAdmin:
      return {absl::StatusCode::kCancelled, v1::ERROR_REASON_CANCELLED_BY_ADMIN,
              "an operator cancelled the call"};
    case CancelCause::kNone:
    case CancelCause::kCaller:
      break;
  }
  return {absl::StatusCode::kCancelled, v1::ERROR_REASON_CANCELLED,
          "the caller cancelled the call"};
}

}  // namespace

absl::Status CancellationError(CancelCause cause, absl::string_view phase) {
  const CauseFacts facts = FactsOf(cause);
  return MakeError(facts.code, facts.reason, facts.message,
                   {{"executed", "no"}, {"phase", phase}});
}

}  // namespace sluice

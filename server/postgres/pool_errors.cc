#include "server/postgres/pool_errors.h"

#include "absl/strings/string_view.h"
#include "server/base/error.h"

namespace sluice::postgres {
namespace {

absl::Status QueueError(v1::ErrorReason reason, absl::string_view message) {
  return MakeError(absl::StatusCode::kUnavailable, reason, message,
                   {{"executed", "no"}, {"phase", "queue"}});
}

}  // namespace

absl::Status OpeningError(const absl::Status& failure) {
  if (ReasonOf(failure) != v1::ERROR_REASON_BACKEND_UNAVAILABLE) return failure;
  return MakeError(failure.code(), ReasonOf(failure),
                   "PostgreSQL cannot be reached; the server's log says why",
                   {{"executed", "no"}, {"phase", "connect"}});
}

absl::Status PoolEndError(PoolEnd end) {
  return end == PoolEnd::kServerStops
             ? QueueError(v1::ERROR_REASON_SHUTTING_DOWN,
                          "the server is stopping")
             : QueueError(v1::ERROR_REASON_BACKEND_UNAVAILABLE,
                          "the policy of the database has changed meanwhile");
}

absl::Status NodeDownError() {
  return QueueError(v1::ERROR_REASON_BACKEND_UNAVAILABLE,
                    "the database's node does not answer");
}

}  // namespace sluice::postgres

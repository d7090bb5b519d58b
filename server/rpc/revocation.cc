#include "server/rpc/revocation.h"

#include <utility>

#include "server/base/error.h"
#include "server/identity/revocations.h"

namespace sluice::rpc {
namespace {

absl::Status UnavailableError() {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   v1::ERROR_REASON_REVOCATION_UNAVAILABLE,
                   "the server has no control database to revoke in",
                   {{"executed", "no"}});
}

// What it revokes, `time` being when.
identity::Revocations SetOf(const Revocation& revocation, absl::Time time) {
  identity::Revocations set;
  switch (revocation.target) {
    case Revocation::Target::kToken:
      set.AddToken(revocation.value);
      break;
    case Revocation::Target::kApp:
      set.AddApp(revocation.value, time);
      break;
    case Revocation::Target::kCertificate:
      set.AddCertificate(revocation.value);
      break;
    case Revocation::Target::kKey:
      set.AddKey(revocation.value);
      break;
  }
  return set;
}

}  // namespace

Task<absl::StatusOr<Revoked>> Revoke(const ServerParts& parts,
                                     const Revocation& revocation,
                                     absl::string_view method,
                                     Deadline deadline) {
  if (parts.revocations == nullptr) co_return UnavailableError();
  Task<absl::StatusOr<absl::Time>> recording =
      parts.revocations->Revoke(revocation, deadline);
  const absl::StatusOr<absl::Time> time = co_await std::move(recording);
  if (!time.ok()) co_return time.status();
  const identity::Revocations set = SetOf(revocation, *time);
  Revoked revoked;
  revoked.time = *time;
  revoked.cancelled_calls = parts.activities.CancelIf(
      [&](const Activity& activity) {
        return activity.method != method && activity.token != nullptr &&
               set.Revokes(*activity.token);
      },
      CancelCause::kRevoked);
  co_return revoked;
}

}  // namespace sluice::rpc

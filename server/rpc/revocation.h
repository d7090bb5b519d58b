// From a call that revokes to a revocation in force.

#ifndef SLUICE_SERVER_RPC_REVOCATION_H_
#define SLUICE_SERVER_RPC_REVOCATION_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/task.h"
#include "server/rpc/revocation_store.h"
#include "server/rpc/worker.h"

namespace sluice::rpc {

struct Revoked {
  absl::Time time;
  // On this instance.
  int cancelled_calls = 0;
};

// Records a revocation and cancels what runs with what it revokes, but for
// calls of `method`, which asks for it. Ends on whatever thread.
// Lifetime: `parts` and `revocation` outlive it.
// Errors: FAILED_PRECONDITION (REVOCATION_UNAVAILABLE); as
// RevocationStore::Revoke.
Task<absl::StatusOr<Revoked>> Revoke(const ServerParts& parts,
                                     const Revocation& revocation,
                                     absl::string_view method,
                                     Deadline deadline);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_REVOCATION_H_

// Ends the calls in progress of those who have lost what they run by: a token,
// an identity, a grant.

#ifndef SLUICE_SERVER_RPC_ACCESS_LOSS_H_
#define SLUICE_SERVER_RPC_ACCESS_LOSS_H_

#include "absl/strings/string_view.h"
#include "server/identity/revocations.h"
#include "server/policy/policy.h"
#include "server/rpc/activity_registry.h"

namespace sluice::rpc {

// Whether an identity's app has lost something between two policies that a call
// on `database` may run by; without a name, whether it is still that app.
bool HasLostAccess(const policy::Policy& before, const policy::Policy& now,
                   absl::string_view identity, absl::string_view database);

// To be called after `now` has come into force: whoever is admitted later is
// judged by it. How many calls are cancelled.
int CancelRevoked(ActivityRegistry& activities,
                  const identity::Revocations& now);
int CancelDenied(ActivityRegistry& activities, const policy::Policy& now);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_ACCESS_LOSS_H_

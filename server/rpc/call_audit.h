// What the audit log is told of calls, beside their writes: tokens, what admins
// do, what was refused.

#ifndef SLUICE_SERVER_RPC_CALL_AUDIT_H_
#define SLUICE_SERVER_RPC_CALL_AUDIT_H_

#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/execution/audit_scope.h"
#include "server/identity/token.h"
#include "server/rpc/caller.h"
#include "server/telemetry/audit_log.h"
#include "sluice/v1/admin.pb.h"

namespace sluice::rpc {

// Whom the audit log names for what a call does. `log` may be null, here and
// below: then nothing is recorded.
execution::AuditScope AuditScopeOf(telemetry::AuditLog* log,
                                   const Caller& caller,
                                   const grpc::ServerContext& context,
                                   absl::string_view method);

// Records a token that is about to be given away. `previous_id`: of the one
// that it succeeds, if any.
// Errors: UNAVAILABLE (AUDIT_UNAVAILABLE).
absl::Status RecordToken(const execution::AuditScope& scope,
                         const identity::TokenClaims& token,
                         absl::string_view previous_id);

// Records how the revocation of a token by its own app ended.
void NoteRevocation(const execution::AuditScope& scope,
                    absl::string_view token_id, const absl::Status& status);

// What an admin's call is about.
struct AdminTarget {
  // "token_id=...", "activity_id=..."; empty where it is about the instance.
  std::string name;
  // In the admin's words.
  std::string reason;
};

AdminTarget TargetOf(const v1::RevokeTokensRequest& request);
AdminTarget TargetOf(const v1::CancelActivityRequest& request);
AdminTarget TargetOf(const v1::HoldWritesRequest& request);
AdminTarget TargetOf(const v1::ReleaseWritesRequest& request);
template <typename Request>
AdminTarget TargetOf(const Request& /*request*/) {
  return {};
}

// Records how an admin's call ended. Revocations and the like take place
// whether they can be recorded or not.
void NoteAdminAction(const execution::AuditScope& scope,
                     const AdminTarget& target, const absl::Status& status);

// Records, with the guard's own refusals, that a call was let in and asked for
// what its caller may not have; does nothing where `status` is anything else.
void NoteIfDenied(telemetry::AuditLog* log, const Caller& caller,
                  const grpc::ServerContext& context, absl::string_view method,
                  absl::string_view database, const absl::Status& status);

// Whether an error says that somebody may not do what they asked for, and no
// other trouble.
bool IsRefusal(const absl::Status& status);

// "TOKEN_INVALID".
std::string ReasonName(const absl::Status& status);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_CALL_AUDIT_H_

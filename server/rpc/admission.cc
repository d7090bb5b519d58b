#include "server/rpc/admission.h"

#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/utf8.h"
#include "server/rpc/call_audit.h"

namespace sluice::rpc {
namespace {

// The longest that a call can come by with.
constexpr size_t kMaxDatabaseBytes = 63;
constexpr size_t kMaxTagBytes = 64;

// In the audit log.
void NoteRefusal(const ServerParts& parts, const grpc::ServerContext& context,
                 const MethodFacts& method, const CallSubject& subject,
                 const absl::Status& status) {
  if (parts.audit == nullptr || !IsRefusal(status)) return;
  const std::string identity = parts.guard.IdentityOf(context);
  const std::shared_ptr<const policy::Policy> policy = parts.policy.Get();
  const policy::App* app = policy->FindApp(identity);
  const std::string reason = ReasonName(status);
  const std::string peer = context.peer();
  parts.audit->NoteRefusal({.reason = reason,
                            .app = app == nullptr ? "" : app->name,
                            .identity = identity,
                            .peer = peer,
                            .method = method.path,
                            .database = subject.database});
}

}  // namespace

CallSubject MakeSubject(absl::string_view database, absl::string_view tag) {
  return {std::string(TruncateUtf8(database, kMaxDatabaseBytes)),
          std::string(TruncateUtf8(tag, kMaxTagBytes))};
}

absl::StatusOr<AdmittedCall> AdmitCall(Worker& worker,
                                       const grpc::ServerContext& context,
                                       const CallEnd& end,
                                       const MethodFacts& method,
                                       CallSubject subject) {
  const ServerParts& parts = worker.state.parts;
  absl::StatusOr<Caller> caller = parts.guard.Admit(context, method.proof);
  if (!caller.ok()) {
    if (ReasonOf(caller.status()) == v1::ERROR_REASON_TOKEN_INVALID) {
      worker.state.connections->CountInvalidToken(context.peer());
    }
    NoteRefusal(parts, context, method, subject, caller.status());
    return caller.status();
  }
  Activity activity;
  activity.method = method.path;
  activity.app = caller->app();
  activity.identity = caller->certificate().identity;
  activity.token = caller->token();
  activity.policy = caller->permit().policy();
  activity.peer = context.peer();
  activity.database = subject.database;
  activity.tag = std::move(subject.tag);
  activity.start_time = absl::Now();
  AdmittedCall admitted(
      *std::move(caller),
      parts.activities.Add(std::move(activity), worker.executor.loop(),
                           end.shared_cancellation()));
  absl::Status status = parts.guard.Recheck(admitted.caller, subject.database);
  if (!status.ok()) return status;
  return admitted;
}

absl::Status DescribeCall(Worker& worker, AdmittedCall& admitted,
                          const CallSubject& subject) {
  admitted.entry.Describe(subject.database, subject.tag);
  return worker.state.parts.guard.Recheck(admitted.caller, subject.database);
}

}  // namespace sluice::rpc

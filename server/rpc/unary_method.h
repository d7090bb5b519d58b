// Takes the calls of one unary RPC off a worker's queue and answers them, once
// the guard has let them in.

#ifndef SLUICE_SERVER_RPC_UNARY_METHOD_H_
#define SLUICE_SERVER_RPC_UNARY_METHOD_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/task.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/unary_call.h"
#include "server/rpc/worker.h"

namespace sluice::rpc {

// A `Method` has the types Request and Response; `kService`, the service of
// ServerState; `kRequest`, gRPC's function that asks for the next call; `kPath`
// and `kProof`, as MethodFacts says; and Run:
//   static Task<absl::Status> Run(Worker&, const Caller&, CallOf<Method>&);
// which fills the response. It starts on the queue's thread and may end on any.
template <typename Method>
using CallOf = UnaryCall<typename Method::Request, typename Method::Response>;

template <typename Method>
Task<absl::Status> RunAdmitted(Worker& worker, CallOf<Method>& call) {
  const CallCount count(worker.state);
  absl::Status status = count.Check();
  if (!status.ok()) co_return status;
  const MethodFacts method{Method::kPath, Method::kProof};
  const absl::StatusOr<AdmittedCall> admitted = AdmitCall(
      worker, call.context(), call.end(), method, SubjectOf(call.request()));
  if (!admitted.ok()) co_return admitted.status();
  Task<absl::Status> running = Method::Run(worker, admitted->caller, call);
  status = co_await std::move(running);
  telemetry::AuditLog* const audit = worker.state.parts.audit;
  if constexpr (Method::kProof == Proof::kAdminToken) {
    NoteAdminAction(
        AuditScopeOf(audit, admitted->caller, call.context(), Method::kPath),
        TargetOf(call.request()), status);
  }
  NoteIfDenied(audit, admitted->caller, call.context(), Method::kPath,
               SubjectOf(call.request()).database, status);
  co_return status;
}

template <typename Method>
Task<void> HandleCall(Worker& worker, std::unique_ptr<CallOf<Method>> call) {
  const CoroutineCount coroutine(worker.state);
  Task<absl::Status> running = RunAdmitted<Method>(worker, *call);
  const absl::Status status = co_await std::move(running);
  Task<void> finishing = call->Finish(status);
  co_await std::move(finishing);
}

template <typename Method>
Task<void> AcceptCalls(Worker& worker) {
  const CoroutineCount coroutine(worker.state);
  for (;;) {
    auto call = std::make_unique<CallOf<Method>>(worker.executor.loop());
    Task<bool> accepting = call->Accept(worker.state.*Method::kService,
                                        Method::kRequest, worker.queue.queue());
    const bool accepted = co_await std::move(accepting);
    if (!accepted) co_return;
    Spawn(HandleCall<Method>(worker, std::move(call)));
  }
}

// Takes calls until the server shuts down. `acceptors`: how many may arrive
// between two turns of the queue. Before the queue's thread starts.
template <typename Method>
void ServeMethod(Worker& worker, int acceptors) {
  for (int i = 0; i < acceptors; ++i) Spawn(AcceptCalls<Method>(worker));
}

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_UNARY_METHOD_H_

#include "server/rpc/run_transaction.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/task.h"
#include "server/execution/batch_transaction.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/unary_method.h"

namespace sluice::rpc {
namespace {

constexpr int kAcceptors = 16;

struct RunTransactionMethod {
  using Request = v1::RunTransactionRequest;
  using Response = v1::RunTransactionResponse;
  static constexpr auto kService = &ServerState::database_service;
  static constexpr auto kRequest =
      &v1::Database::AsyncService::RequestRunTransaction;
  static constexpr absl::string_view kPath =
      "/sluice.v1.Database/RunTransaction";
  static constexpr Proof kProof = Proof::kToken;

  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<RunTransactionMethod>& call) {
    absl::Status status =
        caller.permit().CheckDatabase(call.request().database());
    if (!status.ok()) co_return status;
    execution::BatchTransactionWork work(
        caller.permit(), call.request(),
        DeadlineOf(call.context(), UnaryDuration(worker.state.limits)),
        call.cancellation(), call.response());
    const execution::AuditScope audit =
        AuditScopeOf(worker.state.parts.audit, caller, call.context(), kPath);
    work.audit = &audit;
    EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
    co_await entering;
    Task<absl::Status> running =
        execution::RunBatchTransaction(worker.executor.context(), work);
    status = co_await std::move(running);
    co_return status;
  }
};

}  // namespace

void ServeRunTransaction(Worker& worker) {
  ServeMethod<RunTransactionMethod>(worker, kAcceptors);
}

}  // namespace sluice::rpc

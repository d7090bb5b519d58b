#include "server/rpc/transaction_outcome.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/task.h"
#include "server/execution/transaction_outcome.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/unary_method.h"

namespace sluice::rpc {
namespace {

constexpr int kAcceptors = 4;

struct GetTransactionOutcomeMethod {
  using Request = v1::GetTransactionOutcomeRequest;
  using Response = v1::GetTransactionOutcomeResponse;
  static constexpr auto kService = &ServerState::database_service;
  static constexpr auto kRequest =
      &v1::Database::AsyncService::RequestGetTransactionOutcome;
  static constexpr absl::string_view kPath =
      "/sluice.v1.Database/GetTransactionOutcome";
  static constexpr Proof kProof = Proof::kToken;

  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<GetTransactionOutcomeMethod>& call) {
    absl::Status status =
        caller.permit().CheckDatabase(call.request().database());
    if (!status.ok()) co_return status;
    const execution::OutcomeWork work(
        caller.permit(), call.request(),
        DeadlineOf(call.context(), UnaryDuration(worker.state.limits)),
        call.cancellation(), call.response());
    EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
    co_await entering;
    Task<absl::Status> asking =
        execution::GetTransactionOutcome(worker.executor.context(), work);
    status = co_await std::move(asking);
    co_return status;
  }
};

}  // namespace

void ServeTransactionOutcome(Worker& worker) {
  ServeMethod<GetTransactionOutcomeMethod>(worker, kAcceptors);
}

}  // namespace sluice::rpc

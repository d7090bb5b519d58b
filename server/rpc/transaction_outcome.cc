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
  static constexpr auto kRequest =
      &v1::Database::AsyncService::RequestGetTransactionOutcome;

  static Task<absl::Status> Run(Worker& worker,
                                CallOf<GetTransactionOutcomeMethod>& call) {
    const absl::StatusOr<Guard::AppPointer> app =
        worker.state.guard.Authorize(call.context(), call.request().database());
    if (!app.ok()) co_return app.status();
    const policy::Permit permit = PermitOf(*app);
    const execution::OutcomeWork work(
        permit, call.request(),
        DeadlineOf(call.context(), UnaryDuration(worker.state.limits)),
        call.cancellation(), call.response());
    EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
    co_await entering;
    Task<absl::Status> asking =
        execution::GetTransactionOutcome(worker.executor.context(), work);
    absl::Status status = co_await std::move(asking);
    co_return status;
  }
};

}  // namespace

void ServeTransactionOutcome(Worker& worker) {
  ServeMethod<GetTransactionOutcomeMethod>(worker, kAcceptors);
}

}  // namespace sluice::rpc

#include "server/rpc/database_describe.h"

#include <utility>

#include "absl/status/status.h"
#include "server/base/task.h"
#include "server/execution/description.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/unary_method.h"

namespace sluice::rpc {
namespace {

constexpr int kAcceptors = 4;

struct DescribeMethod {
  using Request = v1::DescribeRequest;
  using Response = v1::DescribeResponse;
  static constexpr auto kRequest = &v1::Database::AsyncService::RequestDescribe;

  static Task<absl::Status> Run(Worker& worker, CallOf<DescribeMethod>& call) {
    const absl::StatusOr<Guard::AppPointer> app =
        worker.state.guard.Authorize(call.context(), call.request().database());
    if (!app.ok()) co_return app.status();
    const policy::Permit permit = PermitOf(*app);
    const execution::DescribeWork work(
        permit, call.request(),
        DeadlineOf(call.context(), UnaryDuration(worker.state.limits)),
        call.cancellation(), call.response());
    EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
    co_await entering;
    Task<absl::Status> describing = worker.executor.Describe(work);
    absl::Status status = co_await std::move(describing);
    co_return status;
  }
};

}  // namespace

void ServeDatabaseDescribe(Worker& worker) {
  ServeMethod<DescribeMethod>(worker, kAcceptors);
}

}  // namespace sluice::rpc

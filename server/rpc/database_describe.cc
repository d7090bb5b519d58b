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
  static constexpr auto kService = &ServerState::database_service;
  static constexpr auto kRequest = &v1::Database::AsyncService::RequestDescribe;
  static constexpr absl::string_view kPath = "/sluice.v1.Database/Describe";
  static constexpr Proof kProof = Proof::kToken;

  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<DescribeMethod>& call) {
    absl::Status status =
        caller.permit().CheckDatabase(call.request().database());
    if (!status.ok()) co_return status;
    const execution::DescribeWork work(
        caller.permit(), call.request(),
        DeadlineOf(call.context(), UnaryDuration(worker.state.limits)),
        call.cancellation(), call.response());
    EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
    co_await entering;
    Task<absl::Status> describing = worker.executor.Describe(work);
    status = co_await std::move(describing);
    co_return status;
  }
};

}  // namespace

void ServeDatabaseDescribe(Worker& worker) {
  ServeMethod<DescribeMethod>(worker, kAcceptors);
}

}  // namespace sluice::rpc

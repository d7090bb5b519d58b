#include "server/rpc/database_unary.h"

#include <chrono>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"
#include "server/base/task.h"
#include "server/rpc/unary_call.h"

namespace sluice::rpc {
namespace {

using Service = v1::Database::AsyncService;
using postgres::Access;

// Calls of a method that may arrive between two turns of the queue.
constexpr int kAcceptors = 32;

// The caller's deadline within the server's bounds. gRPC tells it by the wall
// clock; from here on the monotonic one counts.
Deadline DeadlineOf(const grpc::ServerContext& context,
                    const config::v1::Limits& limits) {
  const auto told = context.deadline();
  if (told == std::chrono::system_clock::time_point::max()) {
    return Deadline::In(FromProto(limits.default_deadline()));
  }
  const absl::Duration longest = FromProto(limits.max_deadline());
  const auto now = std::chrono::system_clock::now();
  // Compared before they are subtracted: the caller may have said centuries.
  if (told > now + absl::ToChronoSeconds(longest)) return Deadline::In(longest);
  return Deadline::In(absl::FromChrono(told - now));
}

absl::Status TooManyCalls(uint32_t limit) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   v1::ERROR_REASON_TOO_MANY_CALLS,
                   absl::StrCat("the server already has ", limit,
                                " calls in progress "
                                "(limits.max_calls)"),
                   {{"limit", absl::StrCat(limit)}, {"executed", "no"}});
}

// Counts a call while it is in progress.
class CallCount {
 public:
  explicit CallCount(ServerState& state)
      : state_(state), number_(state.calls.fetch_add(1) + 1) {}
  ~CallCount() { state_.calls.fetch_sub(1); }
  CallCount(const CallCount&) = delete;

  absl::Status Check() const {
    const uint32_t limit = state_.limits.max_calls();
    return number_ > limit ? TooManyCalls(limit) : absl::OkStatus();
  }

 private:
  ServerState& state_;
  const uint32_t number_;
};

absl::Status CheckMethod(const v1::QueryRequest&) { return absl::OkStatus(); }

absl::Status CheckMethod(const v1::ExecuteRequest& request) {
  if (!v1::ReadRouting_IsValid(request.read_routing())) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     v1::ERROR_REASON_INVALID_REQUEST,
                     "read_routing: is not a known value",
                     {{"field", "read_routing"}, {"executed", "no"}});
  }
  if (request.request_id().empty()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   v1::ERROR_REASON_REQUEST_ID_UNAVAILABLE,
                   absl::StrCat("database \"", request.database(),
                                "\" keeps no record of request ids"),
                   {{"field", "request_id"}, {"executed", "no"}});
}

// Query.
struct QueryMethod {
  using Request = v1::QueryRequest;
  using Response = v1::QueryResponse;
  static constexpr auto kRequest = &Service::RequestQuery;
  static constexpr Access kAccess = Access::kReadOnly;
};

// Execute.
struct ExecuteMethod {
  using Request = v1::ExecuteRequest;
  using Response = v1::ExecuteResponse;
  static constexpr auto kRequest = &Service::RequestExecute;
  static constexpr Access kAccess = Access::kReadWrite;
};

template <typename Method>
using Call = UnaryCall<typename Method::Request, typename Method::Response>;

template <typename Method>
Task<absl::Status> Run(Worker& worker, Call<Method>& call) {
  const auto& request = call.request();
  absl::Status status =
      worker.state.guard.Authorize(call.context(), request.database());
  if (status.ok()) status = CheckMethod(request);
  if (!status.ok()) co_return status;

  const execution::Work work(
      Method::kAccess, request.database(), request.statement().sql(),
      request.parameters(), request.options(),
      DeadlineOf(call.context(), worker.state.limits), call.cancellation(),
      call.response()->mutable_result_set(),
      call.response()->mutable_summary());
  EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
  co_await entering;
  Task<absl::Status> running = worker.executor.Run(work);
  status = co_await std::move(running);
  co_return status;
}

template <typename Method>
Task<void> Handle(Worker& worker, std::unique_ptr<Call<Method>> call) {
  const CoroutineCount coroutine(worker.state);
  const CallCount count(worker.state);
  absl::Status status = count.Check();
  if (status.ok()) {
    Task<absl::Status> running = Run<Method>(worker, *call);
    status = co_await std::move(running);
  }
  Task<void> finishing = call->Finish(status);
  co_await std::move(finishing);
}

template <typename Method>
Task<void> AcceptCalls(Worker& worker) {
  const CoroutineCount coroutine(worker.state);
  for (;;) {
    auto call = std::make_unique<Call<Method>>(worker.executor.loop());
    Task<bool> accepting = call->Accept(worker.state.database_service,
                                        Method::kRequest, worker.queue.queue());
    const bool accepted = co_await std::move(accepting);
    if (!accepted) co_return;
    Spawn(Handle<Method>(worker, std::move(call)));
  }
}

}  // namespace

void ServeDatabaseUnary(Worker& worker) {
  for (int i = 0; i < kAcceptors; ++i) {
    Spawn(AcceptCalls<QueryMethod>(worker));
    Spawn(AcceptCalls<ExecuteMethod>(worker));
  }
}

}  // namespace sluice::rpc

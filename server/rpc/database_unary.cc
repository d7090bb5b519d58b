#include "server/rpc/database_unary.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "server/base/error.h"
#include "server/base/task.h"
#include "server/execution/request_record.h"
#include "server/execution/result_set_sink.h"
#include "server/execution/transaction_run.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/unary_method.h"

namespace sluice::rpc {
namespace {

using Service = v1::Database::AsyncService;
using postgres::Access;

constexpr int kAcceptors = 32;

absl::Status CheckMethod(const v1::QueryRequest&) { return absl::OkStatus(); }

absl::Status CheckMethod(const v1::ExecuteRequest& request) {
  if (!v1::ReadRouting_IsValid(request.read_routing())) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     v1::ERROR_REASON_INVALID_REQUEST,
                     "read_routing: is not a known value",
                     {{"field", "read_routing"}, {"executed", "no"}});
  }
  return execution::CheckRequestId(request.request_id());
}

v1::ReadRouting ReadRoutingOf(const v1::QueryRequest&) {
  return v1::READ_ROUTING_UNSPECIFIED;
}

v1::ReadRouting ReadRoutingOf(const v1::ExecuteRequest& request) {
  return request.read_routing();
}

std::optional<execution::OnceCall> OnceCallOf(const std::string& /*app*/,
                                              const v1::QueryRequest&,
                                              v1::QueryResponse*) {
  return std::nullopt;
}

std::optional<execution::OnceCall> OnceCallOf(const std::string& app,
                                              const v1::ExecuteRequest& request,
                                              v1::ExecuteResponse* response) {
  std::optional<execution::OnceCall> once;
  if (request.request_id().empty()) return once;
  once.emplace(execution::RequestRecord(app, request.request_id(),
                                        execution::RequestDigest(request)),
               *response, [response](const std::string& kept) {
                 return execution::ReplayInto(kept, *response);
               });
  return once;
}

template <typename Call>
Task<absl::Status> RunStatement(Worker& worker, const Caller& caller,
                                Call& call, Access access) {
  const auto& request = call.request();
  absl::Status status = caller.permit().CheckDatabase(request.database());
  if (status.ok()) status = CheckMethod(request);
  if (!status.ok()) co_return status;

  const policy::Permit& permit = caller.permit();
  execution::ResultSetSink sink(worker.executor.context().UnaryLimits(
                                    request.options(), permit.app().limits),
                                call.response()->mutable_result_set());
  execution::Work work(
      permit, access, request.database(), request.statement().sql(),
      request.parameters(), request.options(),
      DeadlineOf(call.context(), UnaryDuration(worker.state.limits)),
      call.cancellation(), sink, call.response()->mutable_summary());
  work.read_routing = ReadRoutingOf(request);
  const std::optional<execution::OnceCall> once =
      OnceCallOf(caller.app(), request, call.response());
  if (once.has_value()) work.once = &*once;
  const execution::AuditScope audit = AuditScopeOf(
      access == Access::kReadWrite ? worker.state.parts.audit : nullptr, caller,
      call.context(), "/sluice.v1.Database/Execute");
  if (audit.log != nullptr) work.audit = &audit;
  EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
  co_await entering;
  Task<absl::Status> running = worker.executor.Run(work);
  status = co_await std::move(running);
  co_return status;
}

struct QueryMethod {
  using Request = v1::QueryRequest;
  using Response = v1::QueryResponse;
  static constexpr auto kService = &ServerState::database_service;
  static constexpr auto kRequest = &Service::RequestQuery;
  static constexpr absl::string_view kPath = "/sluice.v1.Database/Query";
  static constexpr Proof kProof = Proof::kToken;
  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<QueryMethod>& call) {
    return RunStatement(worker, caller, call, Access::kReadOnly);
  }
};

struct ExecuteMethod {
  using Request = v1::ExecuteRequest;
  using Response = v1::ExecuteResponse;
  static constexpr auto kService = &ServerState::database_service;
  static constexpr auto kRequest = &Service::RequestExecute;
  static constexpr absl::string_view kPath = "/sluice.v1.Database/Execute";
  static constexpr Proof kProof = Proof::kToken;
  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<ExecuteMethod>& call) {
    return RunStatement(worker, caller, call, Access::kReadWrite);
  }
};

}  // namespace

void ServeDatabaseUnary(Worker& worker) {
  ServeMethod<QueryMethod>(worker, kAcceptors);
  ServeMethod<ExecuteMethod>(worker, kAcceptors);
}

}  // namespace sluice::rpc

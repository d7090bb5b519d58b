#include "server/rpc/query_stream.h"

#include <google/protobuf/arena.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <functional>
#include <memory>
#include <utility>

#include "server/base/proto_duration.h"
#include "server/base/task.h"
#include "server/execution/stream_sink.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/completion_tag.h"
#include "server/rpc/status_conversion.h"
#include "server/rpc/unary_call.h"

namespace sluice::rpc {
namespace {

using Request = v1::QueryStreamRequest;
using Part = v1::QueryStreamResponse;

// Calls that may arrive between two turns of the queue.
constexpr int kAcceptors = 8;
constexpr MethodFacts kMethod{"/sluice.v1.Database/QueryStream", Proof::kToken};

// One call, from its acceptance to its last completion.
struct StreamCall {
  explicit StreamCall(EventLoop& loop)
      : request(google::protobuf::Arena::CreateMessage<Request>(&arena)),
        writer(&context),
        end(context, loop) {
    context.AsyncNotifyWhenDone(static_cast<CompletionTag*>(&end));
  }
  StreamCall(const StreamCall&) = delete;

  google::protobuf::Arena arena;
  grpc::ServerContext context;
  Request* const request;
  grpc::ServerAsyncWriter<Part> writer;
  CallEnd end;
};

// Writes from the loop; what gRPC says of it goes back there.
class PartWriter final : public execution::StreamWriter, public CompletionTag {
 public:
  PartWriter(StreamCall& call, EventLoop& loop) : call_(call), loop_(loop) {}

  void Write(Part& part, std::function<void(bool)> written) override {
    written_ = std::move(written);
    SLUICE_TSAN(__tsan_release(static_cast<CompletionTag*>(this)));
    call_.writer.Write(part, static_cast<CompletionTag*>(this));
  }
  void Abort() override { call_.context.TryCancel(); }

  void Complete(bool ok) override {
    loop_.Post([written = std::move(written_), ok] { written(ok); });
  }

 private:
  StreamCall& call_;
  EventLoop& loop_;
  std::function<void(bool)> written_;
};

// Ends on the loop, with nothing being written.
Task<absl::Status> Run(Worker& worker, const Caller& caller, StreamCall& call) {
  const Request& request = *call.request;
  EventLoop& loop = worker.executor.loop();
  absl::Status status = caller.permit().CheckDatabase(request.database());
  if (!status.ok()) co_return status;

  const config::v1::Limits& limits = worker.state.limits;
  const Deadline deadline = DeadlineOf(call.context, StreamDuration(limits));
  EventLoop::EnterAwaiter entering = loop.Enter();
  co_await entering;
  PartWriter writer(call, loop);
  const policy::Permit& permit = caller.permit();
  execution::StreamSink sink(worker.executor.context().StreamLimits(
                                 request.options(), permit.app().limits),
                             loop, writer, FromProto(limits.max_stream_stall()),
                             call.end.cancellation());
  v1::ExecutionSummary summary;
  execution::Work work(permit, postgres::Access::kReadOnly, request.database(),
                       request.statement().sql(), request.parameters(),
                       request.options(), deadline, call.end.cancellation(),
                       sink, &summary);
  work.time = postgres::HoldTime::kLong;
  Task<absl::Status> running = worker.executor.Run(work);
  status = co_await std::move(running);
  Task<void> ending = status.ok() ? sink.Finish(summary) : sink.Abandon();
  co_await std::move(ending);
  co_return status;
}

Task<absl::Status> RunAdmitted(Worker& worker, StreamCall& call) {
  const CallCount count(worker.state);
  absl::Status status = count.Check();
  if (!status.ok()) co_return status;
  const absl::StatusOr<AdmittedCall> admitted = AdmitCall(
      worker, call.context, call.end, kMethod, SubjectOf(*call.request));
  if (!admitted.ok()) co_return admitted.status();
  Task<absl::Status> running = Run(worker, admitted->caller, call);
  status = co_await std::move(running);
  NoteIfDenied(worker.state.parts.audit, admitted->caller, call.context,
               kMethod.path, call.request->database(), status);
  co_return status;
}

Task<void> Handle(Worker& worker, std::unique_ptr<StreamCall> call) {
  const CoroutineCount coroutine(worker.state);
  Task<absl::Status> running = RunAdmitted(worker, *call);
  const absl::Status status = co_await std::move(running);
  const grpc::Status told = ToGrpcStatus(status);
  Operation finish([&](void* tag) { call->writer.Finish(told, tag); });
  co_await finish;
  Latch::WaitAwaiter ended = call->end.done().Wait();
  co_await ended;
}

Task<void> AcceptCalls(Worker& worker) {
  const CoroutineCount coroutine(worker.state);
  for (;;) {
    auto call = std::make_unique<StreamCall>(worker.executor.loop());
    Operation accept([&](void* tag) {
      worker.state.database_service.RequestQueryStream(
          &call->context, call->request, &call->writer, worker.queue.queue(),
          worker.queue.queue(), tag);
    });
    const bool accepted = co_await accept;
    if (!accepted) co_return;
    Spawn(Handle(worker, std::move(call)));
  }
}

}  // namespace

void ServeQueryStream(Worker& worker) {
  for (int i = 0; i < kAcceptors; ++i) Spawn(AcceptCalls(worker));
}

}  // namespace sluice::rpc

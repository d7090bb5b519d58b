#include "server/rpc/transact.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "server/base/task.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/status_conversion.h"
#include "server/rpc/transact_conversation.h"

namespace sluice::rpc {
namespace {

// Calls that may arrive between two turns of the queue.
constexpr int kAcceptors = 8;
constexpr MethodFacts kMethod{"/sluice.v1.Database/Transact", Proof::kToken};

// Answers the call with its status; ends on the queue's thread.
Task<void> Finish(TransactCall& call, const absl::Status& status) {
  const grpc::Status told = ToGrpcStatus(status);
  Operation finish([&](void* tag) { call.stream.Finish(told, tag); });
  co_await finish;
  Latch::WaitAwaiter ended = call.end.done().Wait();
  co_await ended;
}

Task<void> Converse(Worker& worker, TransactCall& call,
                    AdmittedCall& admitted) {
  EventLoop& loop = worker.executor.loop();
  EventLoop::EnterAwaiter entering = loop.Enter();
  co_await entering;
  TransactConversation conversation(worker, call, admitted);
  Task<absl::Status> running = conversation.Run();
  const absl::Status status = co_await std::move(running);
  Task<void> finishing = Finish(call, status);
  co_await std::move(finishing);
  // By another turn of the loop nothing that woke the conversation up is still
  // at it.
  EventLoop::EnterAwaiter returning = loop.Enter();
  co_await returning;
  Task<void> settling = conversation.Settle();
  co_await std::move(settling);
}

Task<void> Handle(Worker& worker, std::unique_ptr<TransactCall> call) {
  const CoroutineCount coroutine(worker.state);
  const CallCount count(worker.state);
  absl::Status status = count.Check();
  if (status.ok()) {
    absl::StatusOr<AdmittedCall> admitted =
        AdmitCall(worker, call->context, call->end, kMethod, CallSubject());
    status = admitted.status();
    if (status.ok()) {
      Task<void> conversing = Converse(worker, *call, *admitted);
      co_await std::move(conversing);
      co_return;
    }
  }
  Task<void> finishing = Finish(*call, status);
  co_await std::move(finishing);
}

Task<void> AcceptCalls(Worker& worker) {
  const CoroutineCount coroutine(worker.state);
  for (;;) {
    auto call = std::make_unique<TransactCall>(worker.executor.loop());
    Operation accept([&](void* tag) {
      worker.state.database_service.RequestTransact(
          &call->context, &call->stream, worker.queue.queue(),
          worker.queue.queue(), tag);
    });
    const bool accepted = co_await accept;
    if (!accepted) co_return;
    Spawn(Handle(worker, std::move(call)));
  }
}

}  // namespace

void ServeTransact(Worker& worker) {
  for (int i = 0; i < kAcceptors; ++i) Spawn(AcceptCalls(worker));
}

}  // namespace sluice::rpc

// Takes the calls of one unary RPC of the Database service off a worker's
// queue and answers them.

#ifndef SLUICE_SERVER_RPC_UNARY_METHOD_H_
#define SLUICE_SERVER_RPC_UNARY_METHOD_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "server/base/task.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/unary_call.h"
#include "server/rpc/worker.h"

namespace sluice::rpc {

// A `Method` has the types Request and Response, `kRequest` (gRPC's function
// that asks for the next call), and Run:
//   static Task<absl::Status> Run(Worker&, CallOf<Method>&);
// which fills the response. It starts on the queue's thread and may end on the
// loop's.
template <typename Method>
using CallOf = UnaryCall<typename Method::Request, typename Method::Response>;

template <typename Method>
Task<void> HandleCall(Worker& worker, std::unique_ptr<CallOf<Method>> call) {
  const CoroutineCount coroutine(worker.state);
  const CallCount count(worker.state);
  absl::Status status = count.Check();
  if (status.ok()) {
    Task<absl::Status> running = Method::Run(worker, *call);
    status = co_await std::move(running);
  }
  Task<void> finishing = call->Finish(status);
  co_await std::move(finishing);
}

template <typename Method>
Task<void> AcceptCalls(Worker& worker) {
  const CoroutineCount coroutine(worker.state);
  for (;;) {
    auto call = std::make_unique<CallOf<Method>>(worker.executor.loop());
    Task<bool> accepting = call->Accept(worker.state.database_service,
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

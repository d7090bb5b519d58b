// Worker: a pair of threads that a call stays within: gRPC's completion queue
// and the event loop of the sockets to PostgreSQL.

#ifndef SLUICE_SERVER_RPC_WORKER_H_
#define SLUICE_SERVER_RPC_WORKER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/execution/executor.h"
#include "server/rpc/completion_queue_thread.h"
#include "server/rpc/connection_table.h"
#include "server/rpc/guard.h"
#include "server/rpc/open_transactions.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/database.grpc.pb.h"

namespace sluice::rpc {

struct Worker;

// What all workers share. Threads: any.
struct ServerState {
  ServerState(const Guard& guard, const config::v1::Limits& limits)
      : guard(guard), limits(limits) {}

  const Guard& guard;
  const config::v1::Limits limits;
  v1::Database::AsyncService database_service;
  // All of them; complete before the first call.
  std::vector<Worker*> workers;
  // Set before the first call.
  ConnectionTable* connections = nullptr;
  // Calls of the Database service in progress.
  std::atomic<uint32_t> calls{0};
  // Coroutines of any call, from its acceptance to its last completion. gRPC's
  // Shutdown does not wait for them, and they use the server to the end.
  std::atomic<uint32_t> coroutines{0};
  std::atomic<bool> draining{false};
};

// Counts a coroutine while it lives.
class CoroutineCount {
 public:
  explicit CoroutineCount(ServerState& state) : state_(state) {
    state_.coroutines.fetch_add(1);
  }
  ~CoroutineCount() { state_.coroutines.fetch_sub(1); }
  CoroutineCount(const CoroutineCount&) = delete;

 private:
  ServerState& state_;
};

struct Worker {
  Worker(ServerState& state, execution::Executor& executor,
         std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : state(state),
        executor(executor),
        queue(std::move(queue)),
        transactions(executor.loop()) {}

  ServerState& state;
  execution::Executor& executor;
  CompletionQueueThread queue;
  OpenTransactions transactions;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_WORKER_H_

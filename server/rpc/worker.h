// Worker: a pair of threads that a call stays within: gRPC's completion queue
// and the event loop of the sockets to PostgreSQL.

#ifndef SLUICE_SERVER_RPC_WORKER_H_
#define SLUICE_SERVER_RPC_WORKER_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "server/execution/executor.h"
#include "server/rpc/completion_queue_thread.h"
#include "server/rpc/guard.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/database.grpc.pb.h"

namespace sluice::rpc {

// What all workers share. Threads: any.
struct ServerState {
  ServerState(const Guard& guard, const config::v1::Limits& limits)
      : guard(guard), limits(limits) {}

  const Guard& guard;
  const config::v1::Limits limits;
  v1::Database::AsyncService database_service;
  std::atomic<uint32_t> calls{0};
  std::atomic<bool> draining{false};
};

struct Worker {
  Worker(ServerState& state, execution::Executor& executor,
         std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : state(state), executor(executor), queue(std::move(queue)) {}

  ServerState& state;
  execution::Executor& executor;
  CompletionQueueThread queue;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_WORKER_H_

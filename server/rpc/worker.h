// Worker: a pair of threads that a call stays within: gRPC's completion queue
// and the event loop of the sockets to PostgreSQL.

#ifndef SLUICE_SERVER_RPC_WORKER_H_
#define SLUICE_SERVER_RPC_WORKER_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/base/snapshot.h"
#include "server/execution/connection_budgets.h"
#include "server/execution/executor.h"
#include "server/identity/signing_keys.h"
#include "server/identity/token_issuer.h"
#include "server/identity/token_verifier.h"
#include "server/policy/policy.h"
#include "server/rpc/activity_registry.h"
#include "server/rpc/completion_queue_thread.h"
#include "server/rpc/config_reloader.h"
#include "server/rpc/connection_table.h"
#include "server/rpc/guard.h"
#include "server/rpc/open_transactions.h"
#include "server/rpc/revocation_freshness.h"
#include "server/rpc/revocation_store.h"
#include "server/telemetry/audit_log.h"
#include "server/topology/cluster_watch.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/admin.grpc.pb.h"
#include "sluice/v1/database.grpc.pb.h"
#include "sluice/v1/tokens.grpc.pb.h"

namespace sluice::rpc {

struct Worker;

// What the server works with. All of it outlives the server.
struct ServerParts {
  Guard& guard;
  ActivityRegistry& activities;
  const Snapshot<policy::Policy>& policy;
  const Snapshot<identity::SigningKeys>& keys;
  const identity::TokenIssuer& issuer;
  identity::TokenVerifier& verifier;
  const RevocationFreshness& freshness;
  // Null without a control database.
  RevocationStore* revocations = nullptr;
  ConfigReloader* reloader = nullptr;
  // Null: there is none.
  telemetry::AuditLog* audit = nullptr;
  // By name.
  std::map<std::string, topology::ClusterWatch*> clusters;
  const execution::ConnectionBudgets* budgets = nullptr;
  // Name of the instance, and since when it runs.
  std::string instance;
  absl::Time start_time;
};

// What all workers share. Threads: any.
struct ServerState {
  ServerState(ServerParts parts, const config::v1::Config& config)
      : parts(std::move(parts)),
        limits(config.limits()),
        tokens(config.tokens()) {}

  const ServerParts parts;
  const config::v1::Limits limits;
  const config::v1::Tokens tokens;
  v1::Database::AsyncService database_service;
  v1::Tokens::AsyncService tokens_service;
  v1::Admin::AsyncService admin_service;
  // All of them; complete before the first call.
  std::vector<Worker*> workers;
  // Set before the first call.
  ConnectionTable* connections = nullptr;
  // Calls in progress, but for those of health.
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

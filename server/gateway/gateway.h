// Gateway: every part of the server, built from the configuration, started and
// stopped in order.

#ifndef SLUICE_SERVER_GATEWAY_GATEWAY_H_
#define SLUICE_SERVER_GATEWAY_GATEWAY_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/execution/connection_budgets.h"
#include "server/execution/executor.h"
#include "server/gateway/access_control.h"
#include "server/gateway/admin_listener.h"
#include "server/gateway/cluster_watches.h"
#include "server/gateway/reloader.h"
#include "server/gateway/revocation_sources.h"
#include "server/identity/sealer.h"
#include "server/policy/statement_classifier.h"
#include "server/postgres/connection_settings.h"
#include "server/rpc/server.h"
#include "server/telemetry/audit_log.h"
#include "server/topology/topology.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::gateway {

// Threads: one at a time.
class Gateway {
 public:
  // Builds and starts everything. `config` is as config::LoadConfig gives it.
  // Errors: INVALID_ARGUMENT, UNAVAILABLE; nothing is left running.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(
      const config::v1::Config& config);

  // Stops with no grace unless it was stopped.
  ~Gateway();
  Gateway(const Gateway&) = delete;

  int port() const { return server_->port(); }

  // Takes no more calls, lets those in progress end for at most `grace`, then
  // closes the connections to PostgreSQL and ends the threads. Idempotent.
  void Stop(absl::Duration grace);

 private:
  Gateway(std::unique_ptr<telemetry::AuditLog> audit,
          std::unique_ptr<RevocationSources> revocations,
          std::unique_ptr<AccessControl> access, identity::Sealer sealer,
          const config::v1::Config& config,
          const postgres::ConnectionSettings& backend)
      : audit_(std::move(audit)),
        revocations_(std::move(revocations)),
        access_(std::move(access)),
        sealer_(std::move(sealer)),
        watches_(
            config, backend,
            [this](const std::shared_ptr<const topology::Topology>& topology) {
              Publish(topology);
            }),
        reloader_(audit_.get()) {}

  // Tells the workers of a newer state of a cluster.
  void Publish(const std::shared_ptr<const topology::Topology>& topology);
  absl::Status StartAdminListener(const config::v1::AdminListener& config);
  void StartRevocations();
  void StartReloader(const config::v1::Config& config);
  void StartWorkers(const config::v1::Config& config,
                    const postgres::ConnectionSettings& backend);

  // Null: there is none.
  const std::unique_ptr<telemetry::AuditLog> audit_;
  const std::unique_ptr<RevocationSources> revocations_;
  const std::unique_ptr<AccessControl> access_;
  const identity::Sealer sealer_;
  policy::StatementClassifier classifier_;
  // Outlives the executors, which tell it what they meet.
  ClusterWatches watches_;
  std::shared_ptr<execution::ConnectionBudgets> budgets_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::unique_ptr<execution::Executor>> executors_;
  std::unique_ptr<rpc::Server> server_;
  // Its thread ends before what it reloads.
  Reloader reloader_;
  // Asks the server; none without a port in the configuration.
  std::unique_ptr<AdminListener> admin_listener_;
};

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_GATEWAY_H_

// ClusterStack: a cluster, pgbouncer, and gateways that route to its nodes, and
// callers of them.

#ifndef SLUICE_TESTS_INTEGRATION_CLUSTER_STACK_H_
#define SLUICE_TESTS_INTEGRATION_CLUSTER_STACK_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "tests/integration/cluster_gateways.h"
#include "tests/support/gateway_client.h"
#include "tests/support/gateway_process.h"
#include "tests/support/postgres_cluster.h"

namespace sluice::testing {

struct ClusterStackOptions : ClusterGatewayOptions {
  ClusterOptions cluster;
};

class ClusterStack {
 public:
  static absl::StatusOr<std::unique_ptr<ClusterStack>> Start(
      const ClusterStackOptions& options = {});
  ClusterStack(const ClusterStack&) = delete;

  PostgresCluster& cluster() { return *cluster_; }
  PostgresServer& node(size_t index) { return cluster_->node(index); }
  const ClusterGateways& gateways() const { return *gateways_; }
  GatewayProcess& gateway(size_t index = 0) {
    return gateways_->gateway(index);
  }

  // As ClusterGateways has them.
  ClientOptions client_options(size_t gateway = 0,
                               const std::string& app = "app") const {
    return gateways_->client_options(gateway, app);
  }
  GatewayClient MakeClient(size_t gateway = 0) const {
    return gateways_->MakeClient(gateway);
  }

 private:
  ClusterStack(std::unique_ptr<PostgresCluster> cluster,
               std::unique_ptr<ClusterGateways> gateways)
      : cluster_(std::move(cluster)), gateways_(std::move(gateways)) {}

  const std::unique_ptr<PostgresCluster> cluster_;
  const std::unique_ptr<ClusterGateways> gateways_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_CLUSTER_STACK_H_

// ClusterStack: a cluster, pgbouncer, and gateways that route to its nodes, and
// callers of them.

#ifndef SLUICE_TESTS_INTEGRATION_CLUSTER_STACK_H_
#define SLUICE_TESTS_INTEGRATION_CLUSTER_STACK_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/integration/cluster_gateways.h"
#include "tests/integration/gated_pooler.h"
#include "tests/support/gateway_client.h"
#include "tests/support/gateway_process.h"
#include "tests/support/postgres_cluster.h"

namespace sluice::testing {

// Whether the gateways share the cluster's pgbouncer, or each has one of its
// own, with gates in all of its links.
enum class StackPoolers { kShared, kGated };

struct ClusterStackOptions : ClusterGatewayOptions {
  ClusterOptions cluster;
  StackPoolers gates = StackPoolers::kShared;
  // Called when the nodes are there, to complete what the gateways get.
  std::function<void(PostgresCluster&, ClusterGatewayOptions&)> complete;
};

class ClusterStack {
 public:
  static absl::StatusOr<std::unique_ptr<ClusterStack>> Start(
      const ClusterStackOptions& options = {});
  ClusterStack(const ClusterStack&) = delete;

  PostgresCluster& cluster() { return *cluster_; }
  PostgresServer& node(size_t index) { return cluster_->node(index); }
  const ClusterGateways& gateways() const { return *gateways_; }
  // Starts one more gateway.
  absl::Status AddGateway() { return gateways_->AddGateway(); }
  GatewayProcess& gateway(size_t index = 0) {
    return gateways_->gateway(index);
  }

  // Only with StackPoolers::kGated.
  GatedPooler& pooler(size_t gateway = 0) { return *poolers_[gateway]; }

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
               std::vector<std::unique_ptr<GatedPooler>> poolers,
               std::unique_ptr<ClusterGateways> gateways)
      : cluster_(std::move(cluster)),
        poolers_(std::move(poolers)),
        gateways_(std::move(gateways)) {}

  const std::unique_ptr<PostgresCluster> cluster_;
  const std::vector<std::unique_ptr<GatedPooler>> poolers_;
  const std::unique_ptr<ClusterGateways> gateways_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_CLUSTER_STACK_H_

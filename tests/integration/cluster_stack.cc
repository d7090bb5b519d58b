#include "tests/integration/cluster_stack.h"

#include <utility>

namespace sluice::testing {

absl::StatusOr<std::unique_ptr<ClusterStack>> ClusterStack::Start(
    const ClusterStackOptions& options) {
  absl::StatusOr<std::unique_ptr<PostgresCluster>> cluster =
      PostgresCluster::Start(options.cluster);
  if (!cluster.ok()) return cluster.status();
  ClusterGatewayOptions gateway_options = options;
  if (options.complete != nullptr) {
    options.complete(**cluster, gateway_options);
  }
  std::vector<std::unique_ptr<GatedPooler>> poolers;
  for (int i = 0; options.gates == StackPoolers::kGated && i < options.gateways;
       ++i) {
    absl::StatusOr<std::unique_ptr<GatedPooler>> pooler =
        GatedPooler::Start(**cluster);
    if (!pooler.ok()) return pooler.status();
    gateway_options.poolers.push_back((*pooler)->address());
    poolers.push_back(*std::move(pooler));
  }
  absl::StatusOr<std::unique_ptr<ClusterGateways>> gateways =
      ClusterGateways::Start(**cluster, gateway_options);
  if (!gateways.ok()) return gateways.status();
  return std::unique_ptr<ClusterStack>(new ClusterStack(
      *std::move(cluster), std::move(poolers), *std::move(gateways)));
}

}  // namespace sluice::testing

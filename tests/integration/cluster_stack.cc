#include "tests/integration/cluster_stack.h"

#include <utility>

namespace sluice::testing {

absl::StatusOr<std::unique_ptr<ClusterStack>> ClusterStack::Start(
    const ClusterStackOptions& options) {
  absl::StatusOr<std::unique_ptr<PostgresCluster>> cluster =
      PostgresCluster::Start(options.cluster);
  if (!cluster.ok()) return cluster.status();
  absl::StatusOr<std::unique_ptr<ClusterGateways>> gateways =
      ClusterGateways::Start(**cluster, options);
  if (!gateways.ok()) return gateways.status();
  return std::unique_ptr<ClusterStack>(
      new ClusterStack(*std::move(cluster), *std::move(gateways)));
}

}  // namespace sluice::testing

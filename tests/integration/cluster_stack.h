// ClusterStack: a cluster, pgbouncer, and gateways that route to its nodes, and
// callers of them.

#ifndef SLUICE_TESTS_INTEGRATION_CLUSTER_STACK_H_
#define SLUICE_TESTS_INTEGRATION_CLUSTER_STACK_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/gateway_client.h"
#include "tests/support/gateway_process.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

struct ClusterStackOptions {
  ClusterOptions cluster;
  int gateways = 1;
  // Of the cluster's configuration, such as {"min_streaming_standbys", "1"}.
  Settings routing;
  // Of the database's, such as {"default_consistency", "any"}.
  Settings database;
  // Further ones of the gateways, with their path.
  Settings gateway;
};

// The database `app`, which the app `app` may do everything in. The gateways
// have the nodes in a static list.
class ClusterStack {
 public:
  static absl::StatusOr<std::unique_ptr<ClusterStack>> Start(
      const ClusterStackOptions& options = {});
  ClusterStack(const ClusterStack&) = delete;

  PostgresCluster& cluster() { return *cluster_; }
  PostgresServer& node(size_t index) { return cluster_->node(index); }
  GatewayProcess& gateway(size_t index = 0) { return *gateways_[index]; }

  // Of the app `app`, or of "admin", which is an admin and has no database.
  ClientOptions client_options(size_t gateway = 0,
                               const std::string& app = "app") const;
  GatewayClient MakeClient(size_t gateway = 0) const {
    return GatewayClient(client_options(gateway));
  }

 private:
  explicit ClusterStack(TempDir folder) : folder_(std::move(folder)) {}

  absl::Status MakeCredentials();
  absl::Status StartGateway(const ClusterStackOptions& options);

  const TempDir folder_;
  std::unique_ptr<PostgresCluster> cluster_;
  std::vector<std::unique_ptr<GatewayProcess>> gateways_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_CLUSTER_STACK_H_

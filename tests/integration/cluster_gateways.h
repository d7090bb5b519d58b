// ClusterGateways: gateways that route to the nodes of a cluster, and callers
// of them.

#ifndef SLUICE_TESTS_INTEGRATION_CLUSTER_GATEWAYS_H_
#define SLUICE_TESTS_INTEGRATION_CLUSTER_GATEWAYS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/gateway_client.h"
#include "tests/support/gateway_process.h"
#include "tests/support/pgbouncer.h"
#include "tests/support/served_cluster.h"
#include "tests/support/settings.h"
#include "tests/support/socket_gate.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

struct ClusterGatewayOptions {
  int gateways = 1;
  // What stands behind `discovery:` in the cluster's configuration. Empty: a
  // static list of the nodes.
  std::string discovery;
  // Of the cluster's configuration, such as {"min_streaming_standbys", "1"}.
  Settings routing;
  // Of the database's, such as {"default_consistency", "any"}.
  Settings database;
  // Further ones of the gateways, with their path.
  Settings gateway;
  // Where each of them finds its pgbouncer; empty: all use the cluster's.
  std::vector<SocketAddress> poolers;
  // Further apps, and the policy that lets them in; then it is all of it.
  std::vector<std::string> apps;
  std::string policy;
};

// The database `app`, which the app `app` may do everything in, on the cluster
// "main".
class ClusterGateways {
 public:
  // Lifetime: `cluster` outlives them.
  static absl::StatusOr<std::unique_ptr<ClusterGateways>> Start(
      ServedCluster& cluster, const ClusterGatewayOptions& options);
  ClusterGateways(const ClusterGateways&) = delete;

  size_t size() const { return gateways_.size(); }
  GatewayProcess& gateway(size_t index = 0) const { return *gateways_[index]; }
  // Starts one more.
  absl::Status AddGateway();

  // Of the app `app` or a further one, or of "admin", which is an admin and has
  // no database.
  ClientOptions client_options(size_t gateway = 0,
                               const std::string& app = "app") const;
  GatewayClient MakeClient(size_t gateway = 0) const {
    return GatewayClient(client_options(gateway));
  }

  // What one of them knows of the cluster.
  v1::ClusterTopology AskTopology(size_t gateway = 0) const;
  // At all of them, as an operator does for a planned switchover. A hold fails
  // when a write goes on.
  absl::Status HoldWrites() const;
  absl::Status ReleaseWrites() const;

 private:
  ClusterGateways(TempDir folder, ServedCluster& cluster,
                  const ClusterGatewayOptions& options)
      : folder_(std::move(folder)), cluster_(cluster), options_(options) {}

  absl::Status MakeCredentials();
  // An RPC about the cluster, as an administrator.
  template <typename Response, typename Request>
  absl::StatusOr<Response> AskOne(
      size_t gateway,
      grpc::Status (v1::Admin::Stub::*method)(grpc::ClientContext*,
                                              const Request&, Response*)) const;

  const TempDir folder_;
  ServedCluster& cluster_;
  const ClusterGatewayOptions options_;
  std::vector<std::unique_ptr<GatewayProcess>> gateways_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_CLUSTER_GATEWAYS_H_

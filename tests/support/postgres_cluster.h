// PostgresCluster: a primary, replicas that stream from it, and a pgbouncer
// with entries for each of them.

#ifndef SLUICE_TESTS_SUPPORT_POSTGRES_CLUSTER_H_
#define SLUICE_TESTS_SUPPORT_POSTGRES_CLUSTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/postgres_server.h"
#include "tests/support/served_cluster.h"
#include "tests/support/settings.h"
#include "tests/support/socket_gate.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

// Whether a SocketGate stands between pgbouncer and each node.
enum class ClusterGates { kNone, kEach };

struct ClusterOptions {
  int replicas = 2;
  // Primaries of clusters of their own, with other system identifiers.
  int strangers = 0;
  // Further login roles of the database, who own nothing.
  std::vector<std::string> roles;
  ClusterGates gates = ClusterGates::kNone;
  Settings postgres;
  Settings pgbouncer;
};

// "n0" is the primary; its replicas come next, then the strangers.
class PostgresCluster : public ServedCluster {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresCluster>> Start(
      const ClusterOptions& options = {});

  size_t size() const override { return nodes_.size(); }
  PostgresServer& node(size_t index) { return *nodes_[index]; }
  // Only with ClusterGates::kEach.
  SocketGate& gate(size_t index) { return *gates_[index]; }
  // Of the gate, if there is one.
  uint16_t PortOf(size_t index) const override;

  // From now on a commit on any node waits for so many standbys; 0: for none.
  absl::Status SetSynchronousStandbys(int count);
  // Waits until so many standbys stream from that node.
  bool AwaitStreaming(size_t index, int standbys) const;
  // Waits until the replica has replayed all that the primary has now.
  bool AwaitReplayed(size_t replica, size_t primary) const;

 private:
  explicit PostgresCluster(TempDir folder, const ClusterOptions& options)
      : ServedCluster(std::move(folder), options.roles, options.pgbouncer),
        options_(options) {}

  absl::Status StartNodes();
  absl::StatusOr<std::unique_ptr<PostgresServer>> StartPrimary(
      PostgresOptions::Identity identity);
  absl::Status StartGates();

  const ClusterOptions options_;
  std::vector<std::unique_ptr<PostgresServer>> nodes_;
  std::vector<std::unique_ptr<SocketGate>> gates_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_POSTGRES_CLUSTER_H_

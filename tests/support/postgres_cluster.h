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
#include "tests/support/pgbouncer.h"
#include "tests/support/postgres_server.h"
#include "tests/support/settings.h"
#include "tests/support/socket_gate.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificates.h"

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

// The database `app`, whose owner is the login role `app`, no superuser, with
// the schema `sluice` by sluice-provision. The nodes are "n0", the primary,
// then its replicas "n1", ..., then strangers. For each there are the entries
// "app.ROLE.NODE" and "probe.NODE", which logs in to the database `postgres` as
// a role that has pg_read_all_stats and nothing more. All are of one host name,
// which pgbouncer alone knows.
class PostgresCluster {
 public:
  static constexpr char kDatabase[] = "app";
  static constexpr char kRole[] = "app";
  static constexpr char kProbeRole[] = "probe";
  static constexpr char kServerName[] = "pg.sluice.internal";
  // By whom pgbouncer is entered.
  static constexpr char kGatewayUser[] = "sluice";
  static constexpr char kGatewayPassword[] = "of-the-gateway";

  static absl::StatusOr<std::unique_ptr<PostgresCluster>> Start(
      const ClusterOptions& options = {});
  PostgresCluster(const PostgresCluster&) = delete;

  size_t size() const { return nodes_.size(); }
  static std::string NameOf(size_t index);
  PostgresServer& node(size_t index) { return *nodes_[index]; }
  // Only with ClusterGates::kEach.
  SocketGate& gate(size_t index) { return *gates_[index]; }
  // Where pgbouncer finds it: the gate, if there is one.
  uint16_t PortOf(size_t index) const;

  PgBouncer& pgbouncer() { return *pgbouncer_; }
  // Of the pgbouncer that runs, for further ones beside it.
  PgBouncerOptions pgbouncer_options() const;
  // The CA "ca" and the nodes' certificate "pg", for kServerName.
  TestCertificates& certificates() { return certificates_; }

  // From now on a commit on any node waits for so many standbys; 0: for none.
  absl::Status SetSynchronousStandbys(int count);
  // Waits until so many standbys stream from that node.
  bool AwaitStreaming(size_t index, int standbys) const;
  // Waits until the replica has replayed all that the primary has now.
  bool AwaitReplayed(size_t replica, size_t primary) const;

 private:
  explicit PostgresCluster(TempDir folder, const ClusterOptions& options)
      : folder_(std::move(folder)),
        options_(options),
        certificates_(folder_.path()) {}

  absl::Status StartNodes();
  absl::StatusOr<std::unique_ptr<PostgresServer>> StartPrimary(
      PostgresOptions::Identity identity);
  absl::Status MakeRoles(const PostgresServer& server);
  absl::Status Provision(const PostgresServer& server) const;
  absl::Status StartGates();
  absl::Status StartPgBouncer();

  const TempDir folder_;
  const ClusterOptions options_;
  TestCertificates certificates_;
  std::string user_verifier_;
  std::vector<std::unique_ptr<PostgresServer>> nodes_;
  std::vector<std::unique_ptr<SocketGate>> gates_;
  std::unique_ptr<PgBouncer> pgbouncer_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_POSTGRES_CLUSTER_H_

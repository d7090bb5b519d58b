// SyncSetup: a cluster, a pgbouncer whose entries come from proposals alone,
// and sluice-pgbouncer-sync between them.

#ifndef SLUICE_TESTS_INTEGRATION_SYNC_SETUP_H_
#define SLUICE_TESTS_INTEGRATION_SYNC_SETUP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/pgbouncer/proposal.h"
#include "tests/support/child_process.h"
#include "tests/support/pgbouncer.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/sql_session.h"
#include "tests/support/temp_dir.h"
#include "tests/support/unix_user.h"

namespace sluice::testing {

struct SyncOptions {
  int replicas = 0;
  // The gateway's user.
  UnixUser gateway;
  // Allowed beside those of the nodes.
  std::vector<uint16_t> ports;
  std::vector<std::string> hosts;
};

// Of the cluster "main", with entries for its database and role and for probes.
// Only the host name of the nodes is allowed, and their ports.
class SyncSetup {
 public:
  static constexpr absl::Duration kLimit = absl::Seconds(30);

  // Runs pgbouncer, with no entry of a node, and no sluice-pgbouncer-sync.
  static absl::StatusOr<std::unique_ptr<SyncSetup>> Start(SyncOptions options);
  // For a cluster that runs already, beside the pgbouncer that it has.
  // Lifetime: the cluster outlives it.
  static absl::StatusOr<std::unique_ptr<SyncSetup>> Start(
      SyncOptions options, PostgresCluster& cluster);
  SyncSetup(const SyncSetup&) = delete;

  PostgresCluster& cluster() { return *cluster_; }
  PgBouncer& pgbouncer() { return *pgbouncer_; }
  // What pgbouncer runs with, for further ones beside it.
  PgBouncerOptions pgbouncer_options() const;
  // The owner of all that the gateway's user may not write.
  const UnixUser& pgbouncer_user() const { return pgbouncer_user_; }
  const UnixUser& gateway_user() const { return options_.gateway; }

  // The files of the two sides.
  std::string proposal_folder() const { return proposals_.Path("in"); }
  std::string proposal_file() const {
    return proposal_folder() + "/main.proposal";
  }
  const std::string& config_folder() const { return config_.path(); }
  std::string config_file() const { return config_.Path("sync.yaml"); }
  std::string include_file() const { return config_.Path("main.ini"); }

  absl::Status StartSync();
  // Ends it at once.
  void StopSync() { sync_.reset(); }
  std::string ReadLog() const;
  // Waits until it has logged that since the last StartSync or ForgetLog.
  bool AwaitLog(const std::string& text) const;
  void ForgetLog();

  // The node of that index as the cluster has it, "n0" the primary.
  pgbouncer::ProposedNode Node(size_t index) const;
  // As the gateway does, as its user.
  void Propose(const std::vector<pgbouncer::ProposedNode>& nodes) const;
  // Puts a text in the place of the proposal, as that user.
  void ProposeText(const std::string& text) const;

  // Through pgbouncer, with the gateway's password.
  absl::StatusOr<SqlSession> Enter(const std::string& entry) const;
  // The answer to "SELECT 7" there; "" without one.
  std::string AskSeven(const std::string& entry) const;
  bool AwaitEntry(const std::string& entry) const;

 private:
  SyncSetup(TempDir config, TempDir proposals, SyncOptions options)
      : config_(std::move(config)),
        proposals_(std::move(proposals)),
        options_(std::move(options)) {}

  absl::Status StartPgBouncer();
  absl::Status MakeFiles();
  std::string ConfigText() const;

  const TempDir config_;
  const TempDir proposals_;
  const SyncOptions options_;
  UnixUser pgbouncer_user_;
  std::unique_ptr<PostgresCluster> own_cluster_;
  PostgresCluster* cluster_ = nullptr;
  std::unique_ptr<PgBouncer> pgbouncer_;
  std::unique_ptr<ChildProcess> sync_;
  size_t forgotten_bytes_ = 0;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_SYNC_SETUP_H_

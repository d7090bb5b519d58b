#include "tests/support/postgres_cluster.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/await.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kReplicationLimit = absl::Seconds(30);

// Standbys come back at once, also those that have missed a lot.
Settings ReplicationSettings() {
  return {
      {"wal_keep_size", "512MB"},
      {"wal_retrieve_retry_interval", "200ms"},
  };
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresCluster>> PostgresCluster::Start(
    const ClusterOptions& options) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  auto cluster = std::unique_ptr<PostgresCluster>(
      new PostgresCluster(*std::move(folder), options));
  absl::Status status = cluster->MakeCertificates();
  if (status.ok()) status = cluster->StartNodes();
  if (status.ok() && options.gates == ClusterGates::kEach) {
    status = cluster->StartGates();
  }
  if (status.ok()) status = cluster->StartPgBouncer();
  if (!status.ok()) return status;
  return cluster;
}

uint16_t PostgresCluster::PortOf(size_t index) const {
  return gates_.empty() ? nodes_[index]->port() : gates_[index]->address().port;
}

absl::Status PostgresCluster::StartNodes() {
  using Identity = PostgresOptions::Identity;
  absl::StatusOr<std::unique_ptr<PostgresServer>> primary =
      StartPrimary(Identity::kShared);
  if (!primary.ok()) return primary.status();
  nodes_.push_back(*std::move(primary));
  for (int i = 0; i < options_.replicas; ++i) {
    absl::StatusOr<std::unique_ptr<PostgresServer>> replica =
        nodes_.front()->StartReplica();
    if (!replica.ok()) return replica.status();
    nodes_.push_back(*std::move(replica));
  }
  for (int i = 0; i < options_.strangers; ++i) {
    absl::StatusOr<std::unique_ptr<PostgresServer>> stranger =
        StartPrimary(Identity::kOwn);
    if (!stranger.ok()) return stranger.status();
    nodes_.push_back(*std::move(stranger));
  }
  if (AwaitStreaming(0, options_.replicas)) return absl::OkStatus();
  return absl::DeadlineExceededError("the replicas do not stream");
}

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresCluster::StartPrimary(
    PostgresOptions::Identity identity) {
  PostgresOptions options;
  options.certificate_file = certificates().CertificatePath("pg");
  options.key_file = certificates().KeyPath("pg");
  options.identity = identity;
  options.settings = Changed(ReplicationSettings(), options_.postgres);
  absl::StatusOr<std::unique_ptr<PostgresServer>> server =
      PostgresServer::Start(options);
  if (!server.ok()) return server.status();
  absl::Status status = Furnish(**server);
  if (!status.ok()) return status;
  return server;
}

absl::Status PostgresCluster::StartGates() {
  for (const std::unique_ptr<PostgresServer>& node : nodes_) {
    absl::StatusOr<std::unique_ptr<SocketGate>> gate =
        SocketGate::Start({"127.0.0.1", node->port()});
    if (!gate.ok()) return gate.status();
    gates_.push_back(*std::move(gate));
  }
  return absl::OkStatus();
}

absl::Status PostgresCluster::SetSynchronousStandbys(int count) {
  const std::string names =
      count == 0 ? "" : absl::StrCat("ANY ", count, " (*)");
  absl::Status status;
  for (const std::unique_ptr<PostgresServer>& node : nodes_) {
    for (const std::string& sql :
         {absl::StrCat("ALTER SYSTEM SET synchronous_standby_names = '", names,
                       "'"),
          std::string("SELECT pg_reload_conf()")}) {
      status.Update(node->Execute("postgres", sql).status());
    }
  }
  return status;
}

bool PostgresCluster::AwaitStreaming(size_t index, int standbys) const {
  return Await(kReplicationLimit, [&] {
    return nodes_[index]->Ask("postgres",
                              "SELECT count(*) FROM pg_stat_replication "
                              "WHERE state = 'streaming'") ==
           absl::StrCat(standbys);
  });
}

bool PostgresCluster::AwaitReplayed(size_t replica, size_t primary) const {
  const std::string sql = absl::StrCat(
      "SELECT pg_last_wal_replay_lsn() >= '",
      nodes_[primary]->Ask("postgres", "SELECT pg_current_wal_flush_lsn()"),
      "'");
  return Await(kReplicationLimit,
               [&] { return nodes_[replica]->Ask("postgres", sql) == "t"; });
}

}  // namespace sluice::testing

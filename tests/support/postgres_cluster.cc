#include "tests/support/postgres_cluster.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/child_process.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kReplicationLimit = absl::Seconds(30);

std::string PasswordOf(absl::string_view role) {
  return absl::StrCat("of-the-role-", role);
}

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
  absl::Status status = cluster->certificates_.MakeCa("ca");
  status.Update(cluster->certificates_.MakeServer("ca", "pg", kServerName));
  if (status.ok()) status = cluster->StartNodes();
  if (status.ok() && options.gates == ClusterGates::kEach) {
    status = cluster->StartGates();
  }
  if (status.ok()) status = cluster->StartPgBouncer();
  if (!status.ok()) return status;
  return cluster;
}

std::string PostgresCluster::NameOf(size_t index) {
  return absl::StrCat("n", index);
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
  options.certificate_file = certificates_.CertificatePath("pg");
  options.key_file = certificates_.KeyPath("pg");
  options.identity = identity;
  options.settings = Changed(ReplicationSettings(), options_.postgres);
  absl::StatusOr<std::unique_ptr<PostgresServer>> server =
      PostgresServer::Start(options);
  if (!server.ok()) return server.status();
  absl::Status status = MakeRoles(**server);
  if (status.ok()) status = Provision(**server);
  if (!status.ok()) return status;
  return server;
}

absl::Status PostgresCluster::MakeRoles(const PostgresServer& server) {
  absl::StatusOr<SqlSession> session = server.Connect("postgres", "postgres");
  if (!session.ok()) return session.status();
  user_verifier_ = session->MakeVerifier(kGatewayUser, kGatewayPassword);
  std::vector<std::string> roles = {kRole, kProbeRole};
  roles.insert(roles.end(), options_.roles.begin(), options_.roles.end());
  absl::Status status;
  for (const std::string& role : roles) {
    status.Update(session
                      ->Execute(absl::StrCat(
                          "CREATE ROLE ", role, " LOGIN PASSWORD '",
                          session->MakeVerifier(role, PasswordOf(role)), "'"))
                      .status());
  }
  for (const std::string& sql :
       {absl::StrCat("GRANT pg_read_all_stats TO ", kProbeRole),
        absl::StrCat("CREATE DATABASE ", kDatabase, " OWNER ", kRole)}) {
    status.Update(session->Execute(sql).status());
  }
  return status;
}

absl::Status PostgresCluster::Provision(const PostgresServer& server) const {
  ChildCommand command;
  command.arguments = {BuildPath("server/provision/sluice-provision"),
                       "schema",
                       "served",
                       "--connect",
                       server.ConnectionString(kDatabase, "postgres"),
                       "--grant-to",
                       kRole};
  for (const std::string& role : options_.roles) {
    command.arguments.insert(command.arguments.end(), {"--grant-to", role});
  }
  return RunCommand(command).status();
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

PgBouncerOptions PostgresCluster::pgbouncer_options() const {
  PgBouncerOptions options;
  options.server_name = kServerName;
  options.server_port = PortOf(0);
  options.ca_file = certificates_.CertificatePath("ca");
  options.database = kDatabase;
  options.role = kRole;
  options.role_password = PasswordOf(kRole);
  options.user = kGatewayUser;
  options.user_verifier = user_verifier_;
  options.settings = options_.pgbouncer;
  std::vector<std::string> roles = {kRole};
  roles.insert(roles.end(), options_.roles.begin(), options_.roles.end());
  for (size_t i = 0; i < size(); ++i) {
    options.entries.push_back({absl::StrCat("probe.", NameOf(i)), kProbeRole,
                               PasswordOf(kProbeRole), "postgres", PortOf(i)});
    for (const std::string& role : roles) {
      options.entries.push_back(
          {absl::StrCat(kDatabase, ".", role, ".", NameOf(i)), role,
           PasswordOf(role), kDatabase, PortOf(i)});
    }
  }
  return options;
}

absl::Status PostgresCluster::StartPgBouncer() {
  absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(pgbouncer_options());
  if (!pgbouncer.ok()) return pgbouncer.status();
  pgbouncer_ = *std::move(pgbouncer);
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

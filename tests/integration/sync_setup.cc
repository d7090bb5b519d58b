#include "tests/integration/sync_setup.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/as_user.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr char kProgram[] = "server/pgbouncer_sync/sluice-pgbouncer-sync";

}  // namespace

absl::StatusOr<std::unique_ptr<SyncSetup>> SyncSetup::Start(
    SyncOptions options) {
  ClusterOptions cluster_options;
  cluster_options.replicas = options.replicas;
  absl::StatusOr<std::unique_ptr<PostgresCluster>> cluster =
      PostgresCluster::Start(cluster_options);
  if (!cluster.ok()) return cluster.status();
  absl::StatusOr<std::unique_ptr<SyncSetup>> setup =
      Start(std::move(options), **cluster);
  if (setup.ok()) (*setup)->own_cluster_ = *std::move(cluster);
  return setup;
}

absl::StatusOr<std::unique_ptr<SyncSetup>> SyncSetup::Start(
    SyncOptions options, PostgresCluster& cluster) {
  absl::StatusOr<TempDir> config = TempDir::Make();
  if (!config.ok()) return config.status();
  absl::StatusOr<TempDir> proposals = TempDir::Make();
  if (!proposals.ok()) return proposals.status();
  auto setup = std::unique_ptr<SyncSetup>(new SyncSetup(
      *std::move(config), *std::move(proposals), std::move(options)));
  setup->cluster_ = &cluster;
  absl::StatusOr<UnixUser> user = FindServerUser();
  if (!user.ok()) return user.status();
  setup->pgbouncer_user_ = *std::move(user);
  absl::Status status = setup->MakeFiles();
  if (status.ok()) status = setup->StartPgBouncer();
  if (!status.ok()) return status;
  return setup;
}

absl::Status SyncSetup::StartPgBouncer() {
  absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(pgbouncer_options());
  if (!pgbouncer.ok()) return pgbouncer.status();
  pgbouncer_ = *std::move(pgbouncer);
  // It has to know where pgbouncer is.
  absl::Status status = WriteFile(config_file(), ConfigText(), 0640);
  status.Update(GiveTo(pgbouncer_user_, config_file()));
  return status;
}

absl::Status SyncSetup::MakeFiles() {
  absl::Status status = GiveTo(pgbouncer_user_, config_.path());
  status.Update(WriteFile(include_file(), "; No entry yet.\n", 0640));
  status.Update(GiveTo(pgbouncer_user_, include_file()));
  status.Update(GiveTo(options_.gateway, proposals_.path()));
  status.Update(MakeFolder(proposal_folder(), 0755));
  status.Update(GiveTo(options_.gateway, proposal_folder()));
  // Where its user can run it.
  ChildCommand copy;
  copy.arguments = {"/bin/cp", BuildPath(kProgram), config_.Path("sync")};
  status.Update(RunCommand(copy).status());
  return status;
}

PgBouncerOptions SyncSetup::pgbouncer_options() const {
  PgBouncerOptions options = cluster_->pgbouncer_options();
  // Its password is in auth_file, and no entry is in the main file.
  for (PgBouncerEntry& entry : options.entries) {
    if (entry.name == "probe.n0") entry.name = "fixed.probe";
  }
  std::erase_if(options.entries, [](const PgBouncerEntry& entry) {
    return entry.name != "fixed.probe";
  });
  options.include_file = include_file();
  return options;
}

std::string SyncSetup::ConfigText() const {
  std::vector<std::string> hosts = options_.hosts;
  hosts.push_back(PostgresCluster::kServerName);
  std::vector<uint16_t> ports = options_.ports;
  for (size_t i = 0; i < cluster_->size(); ++i) {
    ports.push_back(cluster_->PortOf(i));
  }
  return absl::StrCat(
      "gateway_user: ", options_.gateway.name,
      "\ninterval: 100ms\nconsole: {socket_folder: ",
      pgbouncer_->socket_folder(), ", port: ", pgbouncer_->port(),
      "}\nclusters:\n  - name: main\n    proposal_file: ", proposal_file(),
      "\n    include_file: ", include_file(), "\n    hosts: [",
      absl::StrJoin(hosts, ", "), "]\n    ports: [", absl::StrJoin(ports, ", "),
      "]\n    databases: [{name: ", PostgresCluster::kDatabase, ", roles: [",
      PostgresCluster::kRole,
      "]}]\n    probe: {role: ", PostgresCluster::kProbeRole, "}\n");
}

absl::Status SyncSetup::StartSync() {
  ForgetLog();
  ChildCommand command;
  command.arguments = {config_.Path("sync"), "--config", config_file()};
  command.log_file = config_.Path("log");
  command.user = pgbouncer_user_;
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(command);
  if (!process.ok()) return process.status();
  sync_ = *std::move(process);
  if (AwaitLog("\"started\"")) return absl::OkStatus();
  return absl::UnavailableError(ReadLog());
}

std::string SyncSetup::ReadLog() const {
  const std::string log = ReadFile(config_.Path("log"));
  return log.substr(std::min(forgotten_bytes_, log.size()));
}

bool SyncSetup::AwaitLog(const std::string& text) const {
  return Await(kLimit, [&] { return absl::StrContains(ReadLog(), text); });
}

void SyncSetup::ForgetLog() {
  forgotten_bytes_ = ReadFile(config_.Path("log")).size();
}

pgbouncer::ProposedNode SyncSetup::Node(size_t index) const {
  return {PostgresCluster::NameOf(index), PostgresCluster::kServerName,
          cluster_->PortOf(index)};
}

void SyncSetup::Propose(
    const std::vector<pgbouncer::ProposedNode>& nodes) const {
  RunAsUser(options_.gateway, [&] {
    const absl::Status status =
        pgbouncer::WriteProposal(proposal_file(), "main", nodes);
    EXPECT_TRUE(status.ok()) << status;
  });
}

void SyncSetup::ProposeText(const std::string& text) const {
  RunAsUser(options_.gateway, [&] {
    const absl::Status status = WriteFile(proposal_file(), text, 0644);
    EXPECT_TRUE(status.ok()) << status;
  });
}

absl::StatusOr<SqlSession> SyncSetup::Enter(const std::string& entry) const {
  return SqlSession::Open(absl::StrCat(
      "host=", pgbouncer_->socket_folder(), " port=", pgbouncer_->port(),
      " dbname=", entry, " user=", PostgresCluster::kGatewayUser,
      " password=", PostgresCluster::kGatewayPassword, " connect_timeout=5"));
}

std::string SyncSetup::AskSeven(const std::string& entry) const {
  absl::StatusOr<SqlSession> session = Enter(entry);
  if (!session.ok()) return "";
  const absl::StatusOr<SqlRows> rows = session->Execute("SELECT 7");
  return rows.ok() ? rows->front().front().value_or("") : "";
}

bool SyncSetup::AwaitEntry(const std::string& entry) const {
  return Await(kLimit, [&] { return AskSeven(entry) == "7"; });
}

}  // namespace sluice::testing

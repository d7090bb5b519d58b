#include "tests/support/patroni_member.h"

#include <csignal>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/support/file.h"
#include "tests/support/free_port.h"
#include "tests/support/process_family.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr char kProgram[] = "/usr/bin/patroni";
constexpr absl::Duration kStopLimit = absl::Seconds(20);

std::string BinFolder() {
  const std::string program = PostgresProgram("postgres");
  return program.substr(0, program.rfind('/'));
}

// Read once, when the first member makes the cluster. Between two looks at the
// lock, and for one try to reach etcd, pass the shortest times there are.
std::string BootstrapYaml(const PatroniMemberOptions& options) {
  using Commits = PatroniMemberOptions::Commits;
  return absl::StrCat(
      "bootstrap:\n"
      "  dcs:\n"
      "    ttl: ",
      absl::ToInt64Seconds(options.ttl),
      "\n"
      "    loop_wait: 1\n"
      "    retry_timeout: 2\n"
      "    synchronous_mode: ",
      options.commits == Commits::kSynchronous ? "true" : "false",
      "\n"
      "    postgresql:\n"
      "      use_pg_rewind: true\n"
      "      parameters:\n"
      "        max_connections: 100\n"
      "        wal_keep_size: 512MB\n"
      "  initdb:\n"
      "    - encoding: UTF8\n"
      "    - locale: C.UTF-8\n"
      "    - no-sync\n");
}

// pg_rewind needs full pages in the WAL; the rest of what makes a crash of the
// machine survivable is off.
std::string PostgresYaml(const TempDir& folder, uint16_t port) {
  const std::string& path = folder.path();
  return absl::StrCat(
      "postgresql:\n"
      "  listen: 127.0.0.1:",
      port, "\n  connect_address: 127.0.0.1:", port,  //
      "\n  data_dir: ", path, "/data\n  pgpass: ", path,
      "/pgpass\n  bin_dir: ", BinFolder(),
      "\n"
      "  use_unix_socket: true\n"
      "  basebackup:\n"
      "    - checkpoint: fast\n"
      "    - no-sync\n"
      "  pg_hba:\n"
      "    - local all all trust\n"
      "    - hostssl all all 127.0.0.1/32 scram-sha-256\n"
      "    - hostssl replication all 127.0.0.1/32 scram-sha-256\n"
      "  authentication:\n"
      "    superuser: {username: postgres, password: of-the-superuser,\n"
      "                sslmode: require}\n"
      "    replication: {username: replicator, password: of-the-standbys,\n"
      "                  sslmode: require}\n"
      "  parameters:\n"
      "    unix_socket_directories: ",
      path,
      "\n"
      "    unix_socket_permissions: '0700'\n"
      "    ssl: 'on'\n"
      "    ssl_cert_file: ",
      path, "/server.crt\n    ssl_key_file: ", path,
      "/server.key\n"
      "    wal_retrieve_retry_interval: 200ms\n"
      "    shared_buffers: 32MB\n"
      "    autovacuum: 'off'\n"
      "    fsync: 'off'\n"
      "    log_line_prefix: '%m [%p] '\n");
}

// etcd by its API of version 2: by version 3, Patroni 3.0.2 lets a leader that
// was frozen for longer than `ttl` take the lock back from the new one.
std::string ConfigYaml(const PatroniMemberOptions& options,
                       const TempDir& folder, uint16_t first_port) {
  const int rest_port = first_port + 1;
  return absl::StrCat("scope: ", options.scope, "\nname: ", options.name,
                      "\nrestapi: {listen: '127.0.0.1:", rest_port,
                      "', connect_address: '127.0.0.1:", rest_port,
                      "'}\netcd: {host: '127.0.0.1:", options.etcd_port,
                      "'}\nwatchdog: {mode: 'off'}\n", BootstrapYaml(options),
                      PostgresYaml(folder, first_port));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PatroniMember>> PatroniMember::Start(
    const PatroniMemberOptions& options) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  absl::StatusOr<UnixUser> user = FindServerUser();
  if (!user.ok()) return user.status();
  auto member = std::unique_ptr<PatroniMember>(
      new PatroniMember(*std::move(folder), *std::move(user), FindFreePort(2)));
  absl::Status status = member->WriteFiles(options);
  if (status.ok()) status = member->StartAgain();
  if (!status.ok()) return status;
  return member;
}

PatroniMember::~PatroniMember() {
  if (patroni_ != nullptr) Kill();
}

absl::Status PatroniMember::WriteFiles(const PatroniMemberOptions& options) {
  absl::Status status = GiveTo(user_, folder_.path());
  status.Update(PutFile("patroni.yml", ConfigYaml(options, folder_, port())));
  status.Update(PutFile("server.crt", ReadFile(options.certificate_file)));
  status.Update(PutFile("server.key", ReadFile(options.key_file)));
  return status;
}

absl::Status PatroniMember::PutFile(const std::string& name,
                                    const std::string& contents) {
  absl::Status status = WriteFile(folder_.Path(name), contents, 0600);
  status.Update(GiveTo(user_, folder_.Path(name)));
  return status;
}

absl::Status PatroniMember::StartAgain() {
  ChildCommand command;
  // Not the test's home, where libpq looks for certificates.
  command.arguments = {"/usr/bin/env", absl::StrCat("HOME=", folder_.path()),
                       kProgram, config_file()};
  command.log_file = folder_.Path("log");
  command.user = user_;
  // It ends PostgreSQL then, which is not its child.
  command.death_signal = SIGTERM;
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(command);
  if (!process.ok()) return process.status();
  patroni_ = *std::move(process);
  return absl::OkStatus();
}

std::string PatroniMember::ReadLog() const {
  return ReadFile(folder_.Path("log"));
}

// Its pid may be another's by now when it was killed.
std::optional<pid_t> PatroniMember::FindPostmaster() const {
  const std::string file = ReadFile(folder_.Path("data/postmaster.pid"));
  pid_t pid = 0;
  if (!absl::SimpleAtoi(file.substr(0, file.find('\n')), &pid) || pid <= 0 ||
      !absl::StrContains(ReadFile(absl::StrCat("/proc/", pid, "/cmdline")),
                         folder_.path())) {
    return std::nullopt;
  }
  return pid;
}

void PatroniMember::Kill() {
  // First, so that it starts nothing anew.
  patroni_->Stop(SIGKILL, absl::InfiniteDuration());
  KillPostgres();
}

void PatroniMember::KillPostgres() {
  const std::optional<pid_t> postmaster = FindPostmaster();
  if (!postmaster.has_value()) return;
  // So that it has no more children than these.
  FreezeFamily(*postmaster);
  std::vector<pid_t> family = ChildrenOf(*postmaster);
  family.push_back(*postmaster);
  for (pid_t process : family) kill(process, SIGKILL);
  AwaitEnds(family, kStopLimit);
}

void PatroniMember::Freeze() {
  FreezeFamily(patroni_->pid());
  if (const std::optional<pid_t> postmaster = FindPostmaster()) {
    FreezeFamily(*postmaster);
  }
}

void PatroniMember::WakePostgres() {
  if (const std::optional<pid_t> postmaster = FindPostmaster()) {
    WakeFamily(*postmaster);
  }
}

void PatroniMember::WakePatroni() { WakeFamily(patroni_->pid()); }

}  // namespace sluice::testing

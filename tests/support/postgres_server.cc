#include "tests/support/postgres_server.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/free_port.h"
#include "tests/support/process_family.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(30);
constexpr absl::Duration kStopLimit = absl::Seconds(20);

constexpr char kHba[] =
    "local   all all trust\n"
    "local   replication all trust\n"
    "hostssl all all 127.0.0.1/32 scram-sha-256\n";

absl::Status RunAs(const UnixUser& user, std::vector<std::string> arguments) {
  ChildCommand command;
  command.arguments = std::move(arguments);
  command.user = user;
  return RunCommand(command).status();
}

absl::Status RunInitdb(const UnixUser& user, const std::string& data) {
  return RunAs(user, {PostgresProgram("initdb"), "--no-sync", "-U", "postgres",
                      "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust",
                      "-D", data});
}

// A cluster that nothing has run in, made once for the program. It lives until
// the program's end.
absl::StatusOr<std::string> FindTemplate(const UnixUser& user) {
  static absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  static const absl::Status made = [&user] {
    absl::Status given = GiveTo(user, folder->path());
    if (!given.ok()) return given;
    return RunInitdb(user, folder->Path("data"));
  }();
  if (!made.ok()) return made;
  return folder->Path("data");
}

Settings DefaultSettings(const TempDir& folder, uint16_t port) {
  return {
      {"listen_addresses", "'127.0.0.1'"},
      {"port", absl::StrCat(port)},
      {"unix_socket_directories", absl::StrCat("'", folder.path(), "'")},
      {"unix_socket_permissions", "0700"},
      {"ssl", "on"},
      {"password_encryption", "'scram-sha-256'"},
      {"max_connections", "100"},
      {"shared_buffers", "32MB"},
      {"autovacuum", "off"},
      // Nothing here outlives a crash.
      {"fsync", "off"},
      {"full_page_writes", "off"},
      {"timezone", "'UTC'"},
      {"log_timezone", "'UTC'"},
      {"log_line_prefix", "'%m [%p] '"},
  };
}

std::string Render(const Settings& settings) {
  std::string text;
  for (const auto& [name, value] : settings) {
    absl::StrAppend(&text, name, " = ", value, "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(
    const PostgresOptions& options) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  absl::StatusOr<UnixUser> user = FindServerUser();
  if (!user.ok()) return user.status();
  auto server = std::unique_ptr<PostgresServer>(new PostgresServer(
      *std::move(folder), *std::move(user), FindFreePort(), options.settings));
  absl::Status status = server->MakeData(options);
  if (status.ok()) status = server->StartAgain();
  if (!status.ok()) return status;
  return server;
}

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::StartReplica()
    const {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  auto replica = std::unique_ptr<PostgresServer>(
      new PostgresServer(*std::move(folder), user_, FindFreePort(), settings_));
  absl::Status status = GiveTo(user_, replica->folder_.path());
  if (status.ok()) status = replica->StartAgainAsReplicaOf(*this);
  if (!status.ok()) return status;
  return replica;
}

PostgresServer::~PostgresServer() {
  if (process_ == nullptr) return;
  Wake();
  // Faster than an orderly end, and nothing is to be kept.
  process_->Stop(SIGQUIT, kStopLimit);
}

absl::Status PostgresServer::MakeData(const PostgresOptions& options) {
  absl::Status status = GiveTo(user_, folder_.path());
  if (!status.ok()) return status;
  if (options.identity == PostgresOptions::Identity::kOwn) {
    status = RunInitdb(user_, folder_.Path("data"));
  } else {
    absl::StatusOr<std::string> data = FindTemplate(user_);
    if (!data.ok()) return data.status();
    status = RunAs(user_, {"/bin/cp", "-a", *data, folder_.Path("data")});
  }
  const std::pair<const char*, std::string> files[] = {
      {"pg_hba.conf", kHba},
      {"server.crt", ReadFile(options.certificate_file)},
      {"server.key", ReadFile(options.key_file)},
  };
  for (const auto& [name, contents] : files) {
    if (status.ok()) status = PutFile(name, contents);
  }
  return status.ok() ? PutSettings() : status;
}

absl::Status PostgresServer::CopyDataOf(const PostgresServer& primary) {
  absl::Status status =
      RunAs(user_, {"/bin/rm", "-rf", "--", folder_.Path("data")});
  if (status.ok()) {
    status = RunAs(
        user_, {PostgresProgram("pg_basebackup"), "--no-sync",
                "--checkpoint=fast", "--write-recovery-conf", "-U", "postgres",
                "-h", primary.socket_folder(), "-p",
                absl::StrCat(primary.port()), "-D", folder_.Path("data")});
  }
  return status.ok() ? PutSettings() : status;
}

absl::Status PostgresServer::PutSettings() {
  return PutFile("postgresql.conf",
                 Render(Changed(DefaultSettings(folder_, port()), settings_)));
}

absl::Status PostgresServer::PutFile(absl::string_view name,
                                     absl::string_view contents) {
  const std::string path = absl::StrCat(folder_.Path("data/"), name);
  absl::Status status = WriteFile(path, contents, 0600);
  return status.ok() ? GiveTo(user_, path) : status;
}

absl::Status PostgresServer::StartAgain() {
  ChildCommand command;
  command.arguments = {PostgresProgram("postgres"), "-D", folder_.Path("data")};
  command.log_file = folder_.Path("log");
  command.user = user_;
  // With it the postmaster takes its children along.
  command.death_signal = SIGQUIT;
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(command);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  const bool answers = Await(kStartLimit, [this] {
    return !process_->Running() || Connect("postgres", "postgres").ok();
  });
  if (answers && process_->Running()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("PostgreSQL does not start:\n",
                                             TailOf(folder_.Path("log"))));
}

void PostgresServer::Stop() {
  EXPECT_EQ(process_->Stop(SIGINT, kStopLimit), 0)
      << TailOf(folder_.Path("log"));
}

void PostgresServer::Kill() {
  const std::vector<pid_t> children = ChildrenOf(process_->pid());
  process_->Stop(SIGKILL, absl::InfiniteDuration());
  // Those that were frozen die with it.
  for (pid_t child : children) kill(child, SIGCONT);
  activity_ = Activity::kAwake;
  AwaitEnds(children, kStopLimit);
}

void PostgresServer::Freeze() {
  FreezeFamily(process_->pid());
  activity_ = Activity::kFrozen;
}

void PostgresServer::Wake() {
  if (activity_ == Activity::kAwake) return;
  WakeFamily(process_->pid());
  activity_ = Activity::kAwake;
}

absl::Status PostgresServer::Promote() const {
  return RunAs(user_, {PostgresProgram("pg_ctl"), "promote", "--wait", "-D",
                       folder_.Path("data")});
}

absl::Status PostgresServer::Follow(const PostgresServer& primary) const {
  const std::string source = absl::StrCat(
      "user=postgres host=", primary.socket_folder(), " port=", primary.port());
  absl::Status status =
      Execute("postgres", absl::StrCat("ALTER SYSTEM SET primary_conninfo = '",
                                       source, "'"))
          .status();
  status.Update(Execute("postgres", "SELECT pg_reload_conf()").status());
  return status;
}

absl::Status PostgresServer::StartAgainAsReplicaOf(
    const PostgresServer& primary) {
  absl::Status status = CopyDataOf(primary);
  return status.ok() ? StartAgain() : status;
}

absl::Status PostgresServer::PauseReplay() const {
  absl::Status status =
      Execute("postgres", "SELECT pg_wal_replay_pause()").status();
  const bool paused = Await(kStopLimit, [this] {
    return Ask("postgres", "SELECT pg_get_wal_replay_pause_state()") ==
           "paused";
  });
  if (!paused) status.Update(absl::DeadlineExceededError("no pause"));
  return status;
}

absl::Status PostgresServer::ResumeReplay() const {
  return Execute("postgres", "SELECT pg_wal_replay_resume()").status();
}

std::string PostgresServer::ReadLog() const {
  return ReadFile(folder_.Path("log"));
}

}  // namespace sluice::testing

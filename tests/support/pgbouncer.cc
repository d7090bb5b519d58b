#include "tests/support/pgbouncer.h"

#include <libpq-fe.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr char kProgram[] = "/usr/sbin/pgbouncer";
constexpr absl::Duration kStartLimit = absl::Seconds(10);

// As deploy/local/lib/pgbouncer.sh.
Settings DefaultSettings(const TempDir& folder, uint16_t port) {
  return {
      {"listen_addr", ""},
      {"listen_port", absl::StrCat(port)},
      {"unix_socket_dir", folder.path()},
      {"auth_type", "scram-sha-256"},
      {"auth_file", folder.Path("users.txt")},
      {"pool_mode", "session"},
      {"max_client_conn", "200"},
      {"ignore_startup_parameters", ""},
      {"server_tls_sslmode", "verify-full"},
      {"server_tls_ca_file", folder.Path("ca.crt")},
      {"query_wait_timeout", "3"},
      {"server_login_retry", "1"},
      {"server_connect_timeout", "3"},
      {"server_check_delay", "5"},
      {"server_fast_close", "0"},
  };
}

std::string Entry(const PgBouncerOptions& options,
                  const PgBouncerEntry& entry) {
  return absl::StrCat(
      entry.name, " = host=", options.server_name, " port=",
      entry.server_port == 0 ? options.server_port : entry.server_port,
      " dbname=", entry.database.empty() ? options.database : entry.database,
      " user=", entry.role, " pool_size=50\n");
}

std::string Render(const PgBouncerOptions& options, const Settings& settings) {
  std::string text = "[databases]\n";
  absl::StrAppend(&text, Entry(options, {options.database, options.role, ""}));
  for (const PgBouncerEntry& entry : options.entries) {
    absl::StrAppend(&text, Entry(options, entry));
  }
  if (!options.include_file.empty()) {
    absl::StrAppend(&text, "%include ", options.include_file, "\n");
  }
  absl::StrAppend(&text, "\n[pgbouncer]\n");
  for (const auto& [name, value] : settings) {
    absl::StrAppend(&text, name, " = ", value, "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PgBouncer>> PgBouncer::Start(
    const PgBouncerOptions& options) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  absl::StatusOr<UnixUser> user = FindServerUser();
  if (!user.ok()) return user.status();
  auto pgbouncer = std::unique_ptr<PgBouncer>(
      new PgBouncer(*std::move(folder), *std::move(user)));
  absl::Status status = pgbouncer->WriteFiles(options);
  if (status.ok()) status = pgbouncer->StartAgain();
  if (!status.ok()) return status;
  return pgbouncer;
}

absl::Status PgBouncer::WriteFiles(const PgBouncerOptions& options) {
  Settings settings = DefaultSettings(folder_, kPort);
  settings["stats_users"] = options.user;
  settings = Changed(std::move(settings), options.settings);
  std::string users = absl::StrCat(
      "\"", options.user, "\" \"", options.user_verifier, "\"\n",  //
      "\"", options.role, "\" \"", options.role_password, "\"\n");
  for (const PgBouncerEntry& entry : options.entries) {
    absl::StrAppend(&users, "\"", entry.role, "\" \"", entry.role_password,
                    "\"\n");
  }
  absl::Status status = GiveTo(user_, folder_.path());
  status.Update(PutFile("pgbouncer.ini", Render(options, settings), 0600));
  status.Update(PutFile("users.txt", users, 0600));
  status.Update(PutFile("ca.crt", ReadFile(options.ca_file), 0644));
  // It takes the place of /etc/hosts.
  status.Update(PutFile("hosts",
                        absl::StrCat("127.0.0.1 localhost\n127.0.0.1 ",
                                     options.server_name, "\n"),
                        0644));
  return status;
}

absl::Status PgBouncer::PutFile(absl::string_view name,
                                absl::string_view contents, mode_t mode) {
  absl::Status status = WriteFile(folder_.Path(name), contents, mode);
  status.Update(GiveTo(user_, folder_.Path(name)));
  return status;
}

absl::Status PgBouncer::StartAgain() {
  ChildCommand command;
  // The namespace and the change of user in it clear the signal that
  // ChildProcess asks for, so the last program before pgbouncer asks anew.
  command.arguments = {SourcePath("deploy/local/lib/with_hosts"),
                       folder_.Path("hosts"),
                       user_.name,
                       "/usr/bin/setpriv",
                       "--pdeathsig",
                       "KILL",
                       kProgram,
                       folder_.Path("pgbouncer.ini")};
  command.log_file = folder_.Path("log");
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(command);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  const std::string conninfo = absl::StrCat(
      "host=", socket_folder(), " port=", kPort, " dbname=pgbouncer user=none");
  const bool answers = Await(kStartLimit, [&] {
    return !process_->Running() || PQping(conninfo.c_str()) == PQPING_OK;
  });
  if (answers && process_->Running()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("pgbouncer does not start:\n", TailOf(folder_.Path("log"))));
}

void PgBouncer::Kill() { process_->Stop(SIGKILL, absl::InfiniteDuration()); }

std::string PgBouncer::ReadLog() const { return ReadFile(folder_.Path("log")); }

absl::StatusOr<SqlRows> PgBouncer::Show(const std::string& command,
                                        const std::string& user,
                                        const std::string& password) const {
  absl::StatusOr<SqlSession> session = SqlSession::Open(
      absl::StrCat("host=", socket_folder(), " port=", kPort,
                   " dbname=pgbouncer user=", user, " password=", password));
  if (!session.ok()) return session.status();
  return session->Execute(command);
}

}  // namespace sluice::testing

#include "tests/support/served_cluster.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tests/support/child_process.h"
#include "tests/support/sql_session.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

std::string PasswordOf(absl::string_view role) {
  return absl::StrCat("of-the-role-", role);
}

}  // namespace

std::string ServedCluster::NameOf(size_t index) {
  return absl::StrCat("n", index);
}

std::string ServedCluster::AddressOf(size_t index) const {
  return absl::StrCat(kServerName, ":", PortOf(index));
}

std::string ServedCluster::DiscoveredNameOf(size_t index) const {
  return absl::StrCat(kServerName, "_", PortOf(index));
}

absl::Status ServedCluster::MakeCertificates() {
  absl::Status status = certificates_.MakeCa("ca");
  status.Update(certificates_.MakeServer("ca", "pg", kServerName));
  return status;
}

absl::Status ServedCluster::Furnish(const PostgresSocket& primary) {
  absl::Status status = MakeRoles(primary);
  return status.ok() ? Provision(primary) : status;
}

absl::Status ServedCluster::MakeRoles(const PostgresSocket& primary) {
  absl::StatusOr<SqlSession> session = primary.Connect("postgres", "postgres");
  if (!session.ok()) return session.status();
  user_verifier_ = session->MakeVerifier(kGatewayUser, kGatewayPassword);
  std::vector<std::string> roles = {kRole, kProbeRole};
  roles.insert(roles.end(), roles_.begin(), roles_.end());
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

absl::Status ServedCluster::Provision(const PostgresSocket& primary) const {
  ChildCommand command;
  command.arguments = {BuildPath("server/provision/sluice-provision"),
                       "schema",
                       "served",
                       "--connect",
                       primary.ConnectionString(kDatabase, "postgres"),
                       "--grant-to",
                       kRole};
  for (const std::string& role : roles_) {
    command.arguments.insert(command.arguments.end(), {"--grant-to", role});
  }
  return RunCommand(command).status();
}

PgBouncerOptions ServedCluster::pgbouncer_options() const {
  PgBouncerOptions options;
  options.server_name = kServerName;
  options.server_port = PortOf(0);
  options.ca_file = certificates_.CertificatePath("ca");
  options.database = kDatabase;
  options.role = kRole;
  options.role_password = PasswordOf(kRole);
  options.user = kGatewayUser;
  options.user_verifier = user_verifier_;
  options.settings = pgbouncer_settings_;
  std::vector<std::string> roles = {kRole};
  roles.insert(roles.end(), roles_.begin(), roles_.end());
  for (size_t i = 0; i < size(); ++i) {
    for (const std::string& node : {NameOf(i), DiscoveredNameOf(i)}) {
      options.entries.push_back({absl::StrCat("probe.", node), kProbeRole,
                                 PasswordOf(kProbeRole), "postgres",
                                 PortOf(i)});
      for (const std::string& role : roles) {
        options.entries.push_back(
            {absl::StrCat(kDatabase, ".", role, ".", node), role,
             PasswordOf(role), kDatabase, PortOf(i)});
      }
    }
  }
  return options;
}

absl::Status ServedCluster::StartPgBouncer() {
  absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(pgbouncer_options());
  if (!pgbouncer.ok()) return pgbouncer.status();
  pgbouncer_ = *std::move(pgbouncer);
  return absl::OkStatus();
}

}  // namespace sluice::testing

#include "tests/support/test_stack.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/child_process.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr char kDatabase[] = "app";
constexpr char kRole[] = "app";
constexpr char kControl[] = "control";
constexpr char kControlReplica[] = "control-replica";
constexpr char kGatewayUser[] = "sluice";
constexpr char kSigningKeys[] = "signing-keys";
constexpr char kGatewayPassword[] = "of-the-gateway";

std::string PasswordOf(absl::string_view role) {
  return absl::StrCat("of-the-role-", role);
}

std::string SpiffeId(absl::string_view app) {
  return absl::StrCat("spiffe://", TestStack::kTrustDomain, "/app/", app);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TestStack>> TestStack::Start(
    const StackOptions& options) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  auto stack =
      std::unique_ptr<TestStack>(new TestStack(*std::move(folder), options));
  absl::Status status = stack->MakeCertificates();
  if (status.ok()) status = stack->MakeSigningKeys();
  if (status.ok()) status = stack->StartPostgres(options.postgres);
  if (status.ok()) status = stack->MakeDatabase();
  if (status.ok() && options.served_schema == ServedSchema::kProvisioned) {
    status = stack->ProvisionDatabase();
  }
  if (status.ok()) status = stack->StartControl(options.control);
  if (status.ok()) status = stack->StartPgBouncer(options.pgbouncer);
  if (!status.ok()) return status;
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack->StartGateway(options.gateway);
  if (!gateway.ok()) return gateway.status();
  stack->gateway_ = *std::move(gateway);
  return stack;
}

absl::Status TestStack::MakeCertificates() {
  absl::Status status = certificates_.MakeCa("ca");
  status.Update(certificates_.MakeCa("other-ca"));
  status.Update(certificates_.MakeServer("ca", "pg", kPostgresName));
  status.Update(certificates_.MakeServer("ca", "gateway", kGatewayName));
  for (const char* client : {"app", "spare", "admin", "stranger"}) {
    status.Update(certificates_.MakeClient("ca", client, SpiffeId(client)));
  }
  for (const std::string& app : options_.apps) {
    status.Update(certificates_.MakeClient("ca", app, SpiffeId(app)));
  }
  return status;
}

absl::Status TestStack::MakeSigningKeys() {
  ChildCommand command;
  command.arguments = {BuildPath("server/operator/sluice-operator"), "keys",
                       "generate", folder_.Path(kSigningKeys), "--activate"};
  return RunCommand(command).status();
}

absl::StatusOr<std::unique_ptr<PostgresServer>> TestStack::StartServer(
    const Settings& settings) const {
  PostgresOptions options;
  options.certificate_file = certificates_.CertificatePath("pg");
  options.key_file = certificates_.KeyPath("pg");
  options.settings = settings;
  return PostgresServer::Start(options);
}

absl::Status TestStack::StartPostgres(const Settings& settings) {
  absl::StatusOr<std::unique_ptr<PostgresServer>> postgres =
      StartServer(settings);
  if (!postgres.ok()) return postgres.status();
  postgres_ = *std::move(postgres);
  return absl::OkStatus();
}

absl::Status TestStack::MakeDatabase() {
  absl::StatusOr<SqlSession> session =
      postgres_->Connect("postgres", "postgres");
  if (!session.ok()) return session.status();
  user_verifier_ = session->MakeVerifier(kGatewayUser, kGatewayPassword);
  absl::Status status = MakeRole(*session, {kRole, "", ""});
  for (const StackRole& role : options_.roles) {
    status.Update(MakeRole(*session, role));
  }
  status.Update(session
                    ->Execute(absl::StrCat("CREATE DATABASE ", kDatabase,
                                           " OWNER ", kRole))
                    .status());
  return status;
}

absl::Status TestStack::MakeRole(SqlSession& session, const StackRole& role) {
  const std::string verifier =
      session.MakeVerifier(role.name, PasswordOf(role.name));
  return session
      .Execute(absl::StrCat("CREATE ROLE ", role.name, " LOGIN ",
                            role.attributes, " PASSWORD '", verifier, "'"))
      .status();
}

absl::Status TestStack::ProvisionDatabase() {
  ChildCommand command;
  command.arguments = {BuildPath("server/provision/sluice-provision"),
                       "schema",
                       "served",
                       "--connect",
                       postgres_->ConnectionString(kDatabase, "postgres"),
                       "--grant-to",
                       kRole};
  for (const StackRole& role : options_.roles) {
    command.arguments.insert(command.arguments.end(),
                             {"--grant-to", role.name});
  }
  return RunCommand(command).status();
}

absl::Status TestStack::StartControl(ControlServers servers) {
  if (servers == ControlServers::kNone) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<PostgresServer>> primary = StartServer({});
  if (!primary.ok()) return primary.status();
  control_primary_ = *std::move(primary);
  control_primary_->Ask(
      "postgres", absl::StrCat("CREATE ROLE ", kControl, " LOGIN PASSWORD '",
                               PasswordOf(kControl), "'"));
  control_primary_->Ask("postgres", absl::StrCat("CREATE DATABASE ", kControl));
  ChildCommand command;
  command.arguments = {BuildPath("server/provision/sluice-provision"),
                       "schema",
                       "control",
                       "--connect",
                       control_primary_->ConnectionString(kControl, "postgres"),
                       "--grant-to",
                       kControl};
  absl::Status status = RunCommand(command).status();
  if (!status.ok() || servers == ControlServers::kPrimary) return status;
  absl::StatusOr<std::unique_ptr<PostgresServer>> replica =
      control_primary_->StartReplica();
  if (!replica.ok()) return replica.status();
  control_replica_ = *std::move(replica);
  return absl::OkStatus();
}

absl::Status TestStack::StartPgBouncer(const Settings& settings) {
  PgBouncerOptions options = pgbouncer_options();
  options.settings = settings;
  absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(options);
  if (!pgbouncer.ok()) return pgbouncer.status();
  pgbouncer_ = *std::move(pgbouncer);
  return absl::OkStatus();
}

PgBouncerOptions TestStack::pgbouncer_options() const {
  PgBouncerOptions options;
  options.server_name = kPostgresName;
  options.server_port = postgres_->port();
  options.ca_file = certificates_.CertificatePath("ca");
  options.database = kDatabase;
  options.role = kRole;
  options.role_password = PasswordOf(kRole);
  if (!options_.roles.empty()) {
    options.entries.push_back(
        {absl::StrCat(kDatabase, ".", kRole), kRole, PasswordOf(kRole)});
  }
  for (const StackRole& role : options_.roles) {
    const std::string& user =
        role.entry_user.empty() ? role.name : role.entry_user;
    options.entries.push_back(
        {absl::StrCat(kDatabase, ".", role.name), user, PasswordOf(user)});
  }
  if (control_primary_ != nullptr) {
    options.entries.push_back({kControl, kControl, PasswordOf(kControl),
                               kControl, control_primary_->port()});
  }
  if (control_replica_ != nullptr) {
    options.entries.push_back({kControlReplica, kControl, PasswordOf(kControl),
                               kControl, control_replica_->port()});
  }
  options.user = kGatewayUser;
  options.user_verifier = user_verifier_;
  return options;
}

GatewayOptions TestStack::gateway_options() const {
  GatewayOptions options;
  options.certificate_file = certificates_.CertificatePath("gateway");
  options.key_file = certificates_.KeyPath("gateway");
  options.client_ca_file = certificates_.CertificatePath("ca");
  options.trust_domain = kTrustDomain;
  options.apps = {{"app", SpiffeId("app"), {"app"}},
                  {"spare", SpiffeId("spare"), {"spare"}},
                  {"admin", SpiffeId("admin"), {}, /*admin=*/true}};
  options.signing_keys = folder_.Path(kSigningKeys);
  options.backend_host = pgbouncer_->socket_folder();
  options.backend_port = pgbouncer_->port();
  options.backend_user = kGatewayUser;
  options.backend_password = kGatewayPassword;
  options.databases = {"app", "spare"};
  options.policy = options_.policy;
  if (!options_.roles.empty()) {
    options.entries["app"] = absl::StrCat(kDatabase, ".{role}");
  }
  if (control_primary_ != nullptr) {
    options.settings["revocation.control_entry"] = kControl;
  }
  if (control_replica_ != nullptr) {
    options.settings["revocation.fallback_entries"] =
        absl::StrCat("[", kControlReplica, "]");
  }
  return options;
}

absl::StatusOr<std::unique_ptr<GatewayProcess>> TestStack::StartGateway(
    const Settings& settings) const {
  GatewayOptions options = gateway_options();
  options.settings = Changed(options.settings, settings);
  return GatewayProcess::Start(options);
}

ClientOptions TestStack::client_options(const std::string& certificate,
                                        int port) const {
  ClientOptions options;
  options.port = port;
  options.ca_file = certificates_.CertificatePath("ca");
  options.server_name = kGatewayName;
  if (!certificate.empty()) {
    options.certificate_file = certificates_.CertificatePath(certificate);
    options.key_file = certificates_.KeyPath(certificate);
  }
  return options;
}

GatewayClient TestStack::MakeClient(const GatewayProcess& gateway) const {
  return GatewayClient(client_options("app", gateway.port()));
}

}  // namespace sluice::testing

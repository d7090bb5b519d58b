// TestStack: PostgreSQL, pgbouncer and the gateway, and callers of it.

#ifndef SLUICE_TESTS_SUPPORT_TEST_STACK_H_
#define SLUICE_TESTS_SUPPORT_TEST_STACK_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/gateway_client.h"
#include "tests/support/gateway_process.h"
#include "tests/support/pgbouncer.h"
#include "tests/support/postgres_server.h"
#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificates.h"

namespace sluice::testing {

// Whether the database has the schema `sluice`, which request_id needs.
enum class ServedSchema { kProvisioned, kMissing };

// A further login role of the database `app`.
struct StackRole {
  std::string name;
  // Of CREATE ROLE, such as "CREATEROLE".
  std::string attributes;
  // Whom its entry logs in as, where that is another one of them.
  std::string entry_user;
};

// The servers of the control database, which are there for nothing else.
enum class ControlServers { kNone, kPrimary, kPrimaryAndReplica };

struct StackOptions {
  Settings postgres;
  Settings pgbouncer;
  Settings gateway;
  ServedSchema served_schema = ServedSchema::kProvisioned;
  // With any of them the gateway has an entry for each role: "app.ROLE".
  std::vector<StackRole> roles;
  // Further apps, which have certificates.
  std::vector<std::string> apps;
  // Text of the policy file. Empty: one that lets `app` and `spare` do all.
  std::string policy;
  ControlServers control = ControlServers::kNone;
};

// One database `app`, whose owner is the login role `app`, no superuser, with
// the schema `sluice` by sluice-provision. The
// gateway serves it to the app `app`; it also serves `spare`, which pgbouncer
// does not know, to the app `spare` alone.
//
// Certificates, by name: CAs "ca" and "other-ca"; servers "pg" for
// kPostgresName and "gateway" for kGatewayName; clients "app", "spare" and
// "admin", which is an app that is an admin and has no database, and
// "stranger", which is no app.
class TestStack {
 public:
  static constexpr char kPostgresName[] = "pg.sluice.internal";
  static constexpr char kGatewayName[] = "gateway.sluice.internal";
  static constexpr char kTrustDomain[] = "sluice.test";

  static absl::StatusOr<std::unique_ptr<TestStack>> Start(
      const StackOptions& options = {});
  TestStack(const TestStack&) = delete;

  TestCertificates& certificates() { return certificates_; }
  PostgresServer& postgres() { return *postgres_; }
  PgBouncer& pgbouncer() { return *pgbouncer_; }
  // Those of the control database `control`, if the options ask for them.
  PostgresServer& control_primary() { return *control_primary_; }
  PostgresServer& control_replica() { return *control_replica_; }
  GatewayProcess& gateway() { return *gateway_; }

  // Options of the servers that run, for further ones beside them.
  PgBouncerOptions pgbouncer_options() const;
  GatewayOptions gateway_options() const;

  // A gateway beside the first, with other settings.
  absl::StatusOr<std::unique_ptr<GatewayProcess>> StartGateway(
      const Settings& settings) const;

  // Options of a caller with the certificate of that name, "" for none.
  ClientOptions client_options(const std::string& certificate, int port) const;
  // The app `app`, as a caller of the gateway, or of one beside it.
  GatewayClient MakeClient() const { return MakeClient(*gateway_); }
  GatewayClient MakeClient(const GatewayProcess& gateway) const;

  // In the database `app`; as PostgresServer::Ask.
  std::string Ask(const std::string& sql) const {
    return postgres_->Ask("app", sql);
  }

 private:
  TestStack(TempDir folder, const StackOptions& options)
      : folder_(std::move(folder)),
        certificates_(folder_.path()),
        options_(options) {}

  absl::Status MakeCertificates();
  absl::Status MakeSigningKeys();
  absl::StatusOr<std::unique_ptr<PostgresServer>> StartServer(
      const Settings& settings) const;
  absl::Status StartPostgres(const Settings& settings);
  absl::Status MakeDatabase();
  absl::Status MakeRole(SqlSession& session, const StackRole& role);
  absl::Status ProvisionDatabase();
  absl::Status StartControl(ControlServers servers);
  absl::Status StartPgBouncer(const Settings& settings);

  const TempDir folder_;
  TestCertificates certificates_;
  const StackOptions options_;
  std::string user_verifier_;
  std::unique_ptr<PostgresServer> postgres_;
  std::unique_ptr<PostgresServer> control_primary_;
  std::unique_ptr<PostgresServer> control_replica_;
  std::unique_ptr<PgBouncer> pgbouncer_;
  std::unique_ptr<GatewayProcess> gateway_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_TEST_STACK_H_

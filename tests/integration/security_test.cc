// Who gets through each of the three doors: client to gateway, gateway to
// pgbouncer, pgbouncer to PostgreSQL.

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/util/message_differencer.h"
#include "sluice/v1/database.pb.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::grpc::StatusCode;
using ::grpc::health::v1::HealthCheckResponse;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr char kOddNames[][2][64] = {
    {"nameless", ""},
    {"two-names", "URI:spiffe://sluice.test/app/app,URI:spiffe://x.test/a"},
    {"dns-name", "DNS:app.sluice.test"},
    {"other-scheme", "URI:https://sluice.test/app/app"},
    {"foreign", "URI:spiffe://other.test/app/app"},
    {"longer-domain", "URI:spiffe://sluice.test.example/app/app"},
    {"relative", "URI:spiffe://sluice.test/app/../app/app"},
    {"with-query", "URI:spiffe://sluice.test/app/app?x"},
    {"upper-case", "URI:SPIFFE://sluice.test/app/app"},
};

class SecurityTest : public StackTest<SecurityTest> {
 protected:
  friend class StackTest<SecurityTest>;

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    TestCertificates& certificates = stack().certificates();
    constexpr char kApp[] = "spiffe://sluice.test/app/app";
    ASSERT_TRUE(certificates.MakeClient("other-ca", "of-other-ca", kApp).ok());
    ASSERT_TRUE(certificates.MakeExpiredClient("ca", "expired", kApp).ok());
    for (const auto& [name, alt_names] : kOddNames) {
      absl::Status made = certificates.MakeOddClient("ca", name, alt_names);
      ASSERT_TRUE(made.ok()) << made;
    }
  }

  // How the gateway answers a caller with the certificate of that name.
  static grpc::Status QueryAs(const std::string& certificate,
                              const std::string& database = "app") {
    return QueryWith(
        stack().client_options(certificate, stack().gateway().port()),
        database);
  }

  static grpc::Status QueryWith(const ClientOptions& options,
                                const std::string& database = "app") {
    v1::QueryRequest request = MakeQuery("SELECT 1");
    request.set_database(database);
    return GatewayClient(options).Query(request).status;
  }

  static ClientOptions AppOptions() {
    return stack().client_options("app", stack().gateway().port());
  }

  // pgbouncer's options, with less patience for a server that can't be had.
  static PgBouncerOptions ImpatientOptions() {
    PgBouncerOptions options = stack().pgbouncer_options();
    options.settings = {{"query_wait_timeout", "1"}};
    return options;
  }

  // The answer of a gateway in front of another pgbouncer.
  static grpc::Status QueryThrough(const PgBouncer& pgbouncer) {
    GatewayOptions options = stack().gateway_options();
    options.backend_host = pgbouncer.socket_folder();
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        GatewayProcess::Start(options);
    if (!gateway.ok()) {
      return grpc::Status(StatusCode::UNKNOWN, gateway.status().ToString());
    }
    return stack().MakeClient(**gateway).Query("SELECT 1").status;
  }
};

// No connection comes about: gRPC itself says so, not the gateway.
MATCHER(IsRefusedInHandshake, "") {
  const CallError error = CallError::Of(arg);
  *result_listener << error;
  return arg.error_code() == StatusCode::UNAVAILABLE && !error.IsTyped();
}

TEST_F(SecurityTest, ServesAnAppByItsCertificate) {
  EXPECT_THAT(QueryAs("app"), IsOk());
}

TEST_F(SecurityTest, RefusesAClientWithoutTls) {
  const auto channel =
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", stack().gateway().port()),
                          grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(5));
  v1::QueryResponse response;
  EXPECT_THAT(v1::Database::NewStub(channel)->Query(
                  &context, MakeQuery("SELECT 1"), &response),
              IsRefusedInHandshake());
  EXPECT_THAT(QueryAs("app"), IsOk());
}

TEST_F(SecurityTest, RefusesAClientWithoutACertificate) {
  EXPECT_THAT(QueryAs(""), IsRefusedInHandshake());
  EXPECT_THAT(QueryAs("app"), IsOk());
}

TEST_F(SecurityTest, RefusesACertificateOfAnotherCa) {
  EXPECT_THAT(QueryAs("of-other-ca"), IsRefusedInHandshake());
  EXPECT_THAT(QueryAs("app"), IsOk());
}

TEST_F(SecurityTest, RefusesACertificateThatHasExpired) {
  EXPECT_THAT(QueryAs("expired"), IsRefusedInHandshake());
  EXPECT_THAT(QueryAs("app"), IsOk());
}

TEST_F(SecurityTest, RefusesTheCertificateOfAServerAsAClients) {
  EXPECT_THAT(QueryAs("pg"), IsRefusedInHandshake());
  EXPECT_THAT(QueryAs("app"), IsOk());
}

TEST_F(SecurityTest, IsRefusedByAClientThatExpectsAnotherServerName) {
  ClientOptions options = AppOptions();
  options.server_name = "other.sluice.internal";
  EXPECT_THAT(QueryWith(options), IsRefusedInHandshake());
  EXPECT_THAT(QueryWith(AppOptions()), IsOk());
}

TEST_F(SecurityTest, IsRefusedByAClientThatTrustsAnotherCa) {
  ClientOptions options = AppOptions();
  options.ca_file = stack().certificates().CertificatePath("other-ca");
  EXPECT_THAT(QueryWith(options), IsRefusedInHandshake());
  EXPECT_THAT(QueryWith(AppOptions()), IsOk());
}

TEST_F(SecurityTest, RefusesACertificateWithoutAnIdentityOfThisDeployment) {
  for (const auto& [name, alt_names] : kOddNames) {
    EXPECT_THAT(QueryAs(name), FailsWith(StatusCode::UNAUTHENTICATED,
                                         v1::ERROR_REASON_IDENTITY_INVALID))
        << alt_names;
  }
  EXPECT_THAT(QueryAs("app"), IsOk());
}

TEST_F(SecurityTest, RefusesAnIdentityThatIsNoApp) {
  EXPECT_THAT(QueryAs("stranger"), FailsWith(StatusCode::PERMISSION_DENIED,
                                             v1::ERROR_REASON_APP_NOT_ALLOWED));
  EXPECT_THAT(QueryAs("app"), IsOk());
}

TEST_F(SecurityTest, HidesADatabaseThatIsNotGranted) {
  const grpc::Status not_granted = QueryAs("app", "spare");
  EXPECT_THAT(not_granted, FailsWith(StatusCode::NOT_FOUND,
                                     v1::ERROR_REASON_UNKNOWN_DATABASE));
  // As one that does not exist.
  const grpc::Status unknown = QueryAs("app", "space");
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      CallError::Of(not_granted).info, CallError::Of(unknown).info));
  EXPECT_EQ(
      absl::StrReplaceAll(not_granted.error_message(), {{"spare", "space"}}),
      unknown.error_message());
  // Those to whom it is granted get as far as pgbouncer, and no further.
  EXPECT_THAT(
      QueryAs("spare", "spare"),
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  EXPECT_THAT(
      QueryAs("spare", "app"),
      FailsWith(StatusCode::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE));
  EXPECT_THAT(QueryAs("app", "app"), IsOk());
}

// Walks the descriptor, so that a new method is covered the day it comes.
TEST_F(SecurityTest, EveryMethodRefusesACallerThatIsNoApp) {
  const int port = stack().gateway().port();
  GatewayClient stranger(stack().client_options("stranger", port));
  GatewayClient nameless(stack().client_options("nameless", port));
  GatewayClient app = stack().MakeClient();
  const google::protobuf::FileDescriptor* file =
      v1::QueryRequest::descriptor()->file();
  int methods = 0;
  for (int i = 0; i < file->service_count(); ++i) {
    const google::protobuf::ServiceDescriptor* service = file->service(i);
    for (int j = 0; j < service->method_count(); ++j, ++methods) {
      const std::string path = absl::StrCat("/", service->full_name(), "/",
                                            service->method(j)->name());
      EXPECT_THAT(stranger.CallByPath(path),
                  FailsWith(StatusCode::PERMISSION_DENIED,
                            v1::ERROR_REASON_APP_NOT_ALLOWED))
          << path;
      EXPECT_THAT(nameless.CallByPath(path),
                  FailsWith(StatusCode::UNAUTHENTICATED,
                            v1::ERROR_REASON_IDENTITY_INVALID))
          << path;
      const grpc::Status answer = app.CallByPath(path);
      if (service->method(j)->input_type()->field_count() == 0) {
        EXPECT_THAT(answer, IsOk()) << path;
      } else {
        // The empty request is an app's fault, not its identity's.
        EXPECT_THAT(answer, FailsWith(StatusCode::INVALID_ARGUMENT,
                                      v1::ERROR_REASON_INVALID_REQUEST))
            << path;
      }
    }
  }
  EXPECT_GE(methods, 2);
}

TEST_F(SecurityTest, TellsHealthToACertificateWithoutAnApp) {
  const int port = stack().gateway().port();
  GatewayClient stranger(stack().client_options("stranger", port));
  const auto health = stranger.CheckHealth("");
  EXPECT_THAT(health.status, IsOk());
  EXPECT_EQ(health.response.status(), HealthCheckResponse::SERVING);
}

TEST_F(SecurityTest, TellsNoHealthWithoutACertificate) {
  const int port = stack().gateway().port();
  GatewayClient anonymous(stack().client_options("", port));
  EXPECT_THAT(anonymous.CheckHealth("").status, IsRefusedInHandshake());
}

TEST_F(SecurityTest, PgBouncerRefusesAPostgresOfAnotherName) {
  PgBouncerOptions options = ImpatientOptions();
  options.server_name = "other.sluice.internal";
  absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(options);
  ASSERT_TRUE(pgbouncer.ok()) << pgbouncer.status();
  EXPECT_THAT(
      QueryThrough(**pgbouncer),
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  EXPECT_THAT((*pgbouncer)->ReadLog(),
              HasSubstr("name `other.sluice.internal' not present in server "
                        "certificate"));
  EXPECT_THAT(QueryThrough(stack().pgbouncer()), IsOk());
}

TEST_F(SecurityTest, PgBouncerRefusesAPostgresOfAnotherCa) {
  PgBouncerOptions options = ImpatientOptions();
  options.ca_file = stack().certificates().CertificatePath("other-ca");
  absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(options);
  ASSERT_TRUE(pgbouncer.ok()) << pgbouncer.status();
  EXPECT_THAT(
      QueryThrough(**pgbouncer),
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  EXPECT_THAT((*pgbouncer)->ReadLog(), HasSubstr("certificate verify failed"));
}

TEST_F(SecurityTest, PgBouncerRefusesAPostgresWithoutTls) {
  PostgresOptions postgres_options;
  postgres_options.settings = {{"ssl", "off"}};
  absl::StatusOr<std::unique_ptr<PostgresServer>> postgres =
      PostgresServer::Start(postgres_options);
  ASSERT_TRUE(postgres.ok()) << postgres.status();
  PgBouncerOptions options = ImpatientOptions();
  options.server_port = (*postgres)->port();
  absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(options);
  ASSERT_TRUE(pgbouncer.ok()) << pgbouncer.status();
  EXPECT_THAT(
      QueryThrough(**pgbouncer),
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  EXPECT_THAT((*pgbouncer)->ReadLog(), HasSubstr("server refused SSL"));
}

TEST_F(SecurityTest, PgBouncerRefusesAWrongPasswordOfTheGateway) {
  GatewayOptions options = stack().gateway_options();
  options.backend_password += "-not";
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      GatewayProcess::Start(options);
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient client = stack().MakeClient(**gateway);
  EXPECT_THAT(
      client.Query("SELECT 1").status,
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  EXPECT_THAT(stack().pgbouncer().ReadLog(),
              HasSubstr("SASL authentication failed"));
  EXPECT_THAT(QueryAs("app"), IsOk());
}

TEST_F(SecurityTest, SecretsAreInNoLogAndNoError) {
  const GatewayOptions gateway = stack().gateway_options();
  const PgBouncerOptions pgbouncer = stack().pgbouncer_options();
  const std::string logs =
      absl::StrCat(stack().gateway().ReadLog(), stack().pgbouncer().ReadLog(),
                   stack().postgres().ReadLog());
  EXPECT_THAT(logs, ::testing::Not(HasSubstr(gateway.backend_password)));
  EXPECT_THAT(logs, ::testing::Not(HasSubstr(pgbouncer.role_password)));
}

}  // namespace
}  // namespace sluice::testing

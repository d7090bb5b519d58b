// What GetCapabilities tells each app.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/call_error.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Code = grpc::StatusCode;

class CapabilitiesTest : public StackTest<CapabilitiesTest> {
 protected:
  friend class StackTest<CapabilitiesTest>;

  static StackOptions Options() {
    StackOptions options;
    // Two workers, and no connection before it is asked for.
    options.gateway = {{"concurrency.worker_pairs", "2"},
                       {"pool.min_connections", "0"}};
    return options;
  }

  static v1::GetCapabilitiesResponse Ask(
      const std::string& app,
      const GatewayProcess& gateway = stack().gateway()) {
    GatewayClient client(stack().client_options(app, gateway.port()));
    const auto outcome = client.GetCapabilities();
    EXPECT_THAT(outcome.status, IsOk());
    return outcome.response;
  }
};

TEST_F(CapabilitiesTest, TellsEachAppItsNameAndDatabases) {
  for (const char* app : {"app", "spare"}) {
    const v1::GetCapabilitiesResponse told = Ask(app);
    EXPECT_EQ(told.app(), app);
    EXPECT_THAT(told.server_version(),
                MatchesRegex("[0-9]+[.][0-9]+[.][0-9]+"));
    ASSERT_EQ(told.databases_size(), 1);
    EXPECT_EQ(told.databases(0).name(), app);
    EXPECT_EQ(told.databases(0).access(), v1::DATABASE_ACCESS_READ_WRITE);
    EXPECT_THAT(told.databases(0).rights(),
                ElementsAre(v1::ACCESS_RIGHT_READ, v1::ACCESS_RIGHT_WRITE,
                            v1::ACCESS_RIGHT_DDL, v1::ACCESS_RIGHT_COPY,
                            v1::ACCESS_RIGHT_LISTEN));
  }
}

TEST_F(CapabilitiesTest, SortsTheDatabasesByName) {
  GatewayOptions options = stack().gateway_options();
  options.databases = {"zoo", "app", "mid", "spare"};
  options.apps[0].databases = {"zoo", "spare", "app", "mid"};
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      GatewayProcess::Start(options);
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  const v1::GetCapabilitiesResponse told = Ask("app", **gateway);
  std::string names;
  for (const v1::DatabaseCapability& database : told.databases()) {
    names += database.name() + " ";
  }
  EXPECT_EQ(names, "app mid spare zoo ");
}

TEST_F(CapabilitiesTest, TellsTheRightsOfAllGrantsOfADatabase) {
  GatewayOptions options = stack().gateway_options();
  options.databases = {"app", "spare", "zoo"};
  options.policy = absl::StrCat("apps:\n  - name: app\n    spiffe_ids: [",
                                options.apps[0].spiffe_id, R"(]
    grants:
      - {database: app, role: app, access: [read]}
      - {database: app, role: app, access: [copy]}
      - {database: spare, role: spare, access: [listen]}
      - {database: zoo, role: zoo, access: [write]}
)");
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      GatewayProcess::Start(options);
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  const v1::GetCapabilitiesResponse told = Ask("app", **gateway);
  ASSERT_EQ(told.databases_size(), 3);
  EXPECT_EQ(told.databases(0).access(), v1::DATABASE_ACCESS_READ);
  EXPECT_THAT(told.databases(0).rights(),
              ElementsAre(v1::ACCESS_RIGHT_READ, v1::ACCESS_RIGHT_COPY));
  EXPECT_EQ(told.databases(1).access(), v1::DATABASE_ACCESS_UNSPECIFIED);
  EXPECT_THAT(told.databases(1).rights(), ElementsAre(v1::ACCESS_RIGHT_LISTEN));
  EXPECT_EQ(told.databases(2).access(), v1::DATABASE_ACCESS_READ_WRITE);
}

TEST_F(CapabilitiesTest, NeedsAnAppAndNothingElse) {
  GatewayClient stranger(
      stack().client_options("stranger", stack().gateway().port()));
  EXPECT_THAT(
      stranger.GetCapabilities().status,
      FailsWith(Code::PERMISSION_DENIED, v1::ERROR_REASON_APP_NOT_ALLOWED));
}

TEST_F(CapabilitiesTest, KnowsPostgresAfterTheFirstUse) {
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway(
          {{"concurrency.worker_pairs", "2"}, {"pool.min_connections", "0"}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  const std::string before = stack().pgbouncer().ReadLog();
  v1::DatabaseCapability told = Ask("app", **gateway).databases(0);
  EXPECT_EQ(told.postgres_version(), "");
  EXPECT_TRUE(told.reachable());
  EXPECT_THAT(stack().pgbouncer().ReadLog().substr(before.size()),
              Not(HasSubstr("db=app")));

  ASSERT_THAT(stack().MakeClient(**gateway).Query("SELECT 1").status, IsOk());
  const std::string version = stack().Ask("SHOW server_version");
  // Whichever worker answers, and whichever ran the query.
  for (int i = 0; i < 8; ++i) {
    told = Ask("app", **gateway).databases(0);
    EXPECT_EQ(told.postgres_version(), version);
    EXPECT_TRUE(told.reachable());
  }
}

TEST_F(CapabilitiesTest, TellsThatADatabaseCannotBeReached) {
  GatewayClient spare(
      stack().client_options("spare", stack().gateway().port()));
  v1::QueryRequest request = MakeQuery("SELECT 1");
  request.set_database("spare");
  EXPECT_THAT(
      spare.Query(request).status,
      FailsWith(Code::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  const v1::DatabaseCapability told = Ask("spare").databases(0);
  EXPECT_FALSE(told.reachable());
  EXPECT_EQ(told.postgres_version(), "");
}

TEST_F(CapabilitiesTest, TellsTheLimitsAsConfigured) {
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway({{"limits.default_deadline", "7s"},
                            {"limits.max_deadline", "70s"},
                            {"limits.max_stream_deadline", "700s"},
                            {"limits.max_rows", "11"},
                            {"limits.max_result_bytes", "12000"},
                            {"limits.max_stream_rows", "13"},
                            {"limits.max_stream_bytes", "14000"},
                            {"limits.default_value_bytes", "15000"},
                            {"limits.max_value_bytes", "16000"},
                            {"limits.max_statement_bytes", "17000"},
                            {"limits.max_parameter_bytes", "18000"}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  const v1::CallLimits limits = Ask("app", **gateway).limits();
  EXPECT_EQ(limits.default_deadline().seconds(), 7);
  EXPECT_EQ(limits.max_deadline().seconds(), 70);
  EXPECT_EQ(limits.max_stream_deadline().seconds(), 700);
  EXPECT_EQ(limits.max_rows(), 11);
  EXPECT_EQ(limits.max_result_bytes(), 12'000);
  EXPECT_EQ(limits.max_stream_rows(), 13);
  EXPECT_EQ(limits.max_stream_bytes(), 14'000);
  EXPECT_EQ(limits.default_value_bytes(), 15'000);
  EXPECT_EQ(limits.max_value_bytes(), 16'000);
  EXPECT_EQ(limits.max_statement_bytes(), 17'000);
  EXPECT_EQ(limits.max_parameter_bytes(), 18'000);
}

TEST_F(CapabilitiesTest, TellsTheDefaultsOfLimits) {
  const v1::CallLimits limits = Ask("app").limits();
  EXPECT_EQ(limits.default_deadline().seconds(), 30);
  EXPECT_EQ(limits.max_rows(), 1'000'000);
  EXPECT_EQ(limits.max_result_bytes(), 3 * 1024 * 1024);
  EXPECT_EQ(limits.max_stream_rows(), 0);
  EXPECT_EQ(limits.max_stream_bytes(), 0);
}

}  // namespace
}  // namespace sluice::testing

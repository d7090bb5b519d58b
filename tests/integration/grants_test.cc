// Who may do what in a database, and as whom.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/integration/granted_stack.h"
#include "tests/support/await.h"
#include "tests/support/column_values.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kWho[] = "SELECT session_user::text";
constexpr char kInsert[] = "INSERT INTO item VALUES (1) RETURNING maker";
constexpr char kDenied[] = "ACCESS_DENIED";
constexpr auto kReadOnly = v1::TRANSACTION_ACCESS_READ_ONLY;
constexpr auto kReadWrite = v1::TRANSACTION_ACCESS_READ_WRITE;

TEST_F(GrantedTest, EachClassRunsAsTheRoleOfItsGrant) {
  EXPECT_EQ(Query("split", kWho), "ro");
  EXPECT_EQ(Stream("split", kWho), "ro");
  EXPECT_EQ(Execute("split", kInsert), "rw");
  EXPECT_EQ(Execute("split", "CREATE TABLE migrated ()"), "");
  EXPECT_EQ(stack().Ask("SELECT tableowner FROM pg_tables "
                        "WHERE tablename = 'migrated'"),
            "owner");
  EXPECT_EQ(Execute("split", "DROP TABLE migrated"), "");
  EXPECT_EQ(Execute("split", "DO 'BEGIN INSERT INTO item VALUES (2); END'"),
            "");
  EXPECT_EQ(stack().Ask("SELECT maker FROM item WHERE id = 2"), "rw");
}

TEST_F(GrantedTest, AReadThatMayWriteRunsAsTheRoleOfWrites) {
  EXPECT_EQ(Execute("split", kWho), "rw");
  EXPECT_EQ(Execute("split", "SELECT make_item()"), "rw");
  EXPECT_EQ(Execute("split", "SELECT current_setting('transaction_read_only')"),
            "off");
}

TEST_F(GrantedTest, ATransactionRunsAsOneRole) {
  EXPECT_EQ(RunSteps("split", {kWho, kInsert, kWho}), "rw");
  EXPECT_EQ(RunSteps("split",
                     {"CREATE TABLE migrated ()", "DROP TABLE migrated", kWho}),
            "owner");
  EXPECT_EQ(RunSteps("split", {"CREATE TABLE migrated ()", kInsert}), kDenied);
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "1");
}

TEST_F(GrantedTest, AnInteractiveTransactionRunsAsOneRole) {
  for (const auto& [app, access, role] :
       {std::tuple("split", kReadOnly, "ro"),
        std::tuple("split", kReadWrite, "rw"),
        std::tuple("migrator", kReadWrite, "owner"),
        std::tuple("reader", kReadOnly, "ro")}) {
    SCOPED_TRACE(app);
    GatewayClient client = As(app);
    const std::unique_ptr<TransactStream> stream = client.OpenTransact();
    ASSERT_EQ(Begin(*stream, access), "begun");
    EXPECT_EQ(Ask(*stream, kWho), role);
    EXPECT_TRUE(stream->Ask(MakeCommit()).has_committed());
    EXPECT_THAT(stream->Finish(), IsOk());
  }
}

TEST_F(GrantedTest, AnInteractiveTransactionHasNoRightOfAnotherGrant) {
  GatewayClient client = As("split");
  const std::unique_ptr<TransactStream> stream = client.OpenTransact();
  ASSERT_EQ(Begin(*stream, kReadWrite), "begun");
  EXPECT_EQ(Ask(*stream, kInsert), "rw");
  EXPECT_EQ(Ask(*stream, "CREATE TABLE migrated ()"), kDenied);
}

TEST_F(GrantedTest, AnAppThatOnlyReadsIsDeniedAllElse) {
  ASSERT_EQ(Query("reader", "SELECT count(*) FROM item"), "0");
  for (const char* sql :
       {kInsert, "CREATE TABLE t ()", "GRANT SELECT ON item TO ro",
        "VACUUM item", "DO 'BEGIN END'", "CALL none()", "TRUNCATE item",
        "SELECT * FROM item FOR UPDATE", "LOCK item", "NOTIFY channel",
        "WITH made AS (INSERT INTO item VALUES (1)) SELECT 1",
        "EXPLAIN ANALYZE INSERT INTO item VALUES (1)", "SELECT 1 AS x INTO t",
        "FROBNICATE item"}) {
    SCOPED_TRACE(sql);
    const grpc::Status status = As("reader").Execute(sql).status;
    EXPECT_THAT(status, FailsWith(Code::PERMISSION_DENIED,
                                  v1::ERROR_REASON_ACCESS_DENIED));
    EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
    EXPECT_EQ(RunSteps("reader", {kWho, sql}), kDenied);
  }
  GatewayClient client = As("reader");
  EXPECT_EQ(Begin(*client.OpenTransact(), kReadWrite), kDenied);
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "0");
}

TEST_F(GrantedTest, AnAppThatOnlyReadsMayUseAllMethodsToDoSo) {
  EXPECT_EQ(Execute("reader", kWho), "ro");
  EXPECT_EQ(RunSteps("reader", {kWho, kWho}), "ro");
  const std::string read_only =
      "SELECT current_setting('transaction_read_only')";
  EXPECT_EQ(Execute("reader", read_only), "on");
  EXPECT_EQ(RunSteps("reader", {read_only}), "on");
  // PostgreSQL refuses what the form of a statement does not show.
  EXPECT_EQ(Execute("reader", "SELECT make_item()"), "READ_ONLY");
  EXPECT_EQ(RunSteps("reader", {"SELECT make_item()"}), "READ_ONLY");
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "0");
}

TEST_F(GrantedTest, AProvedReadOfExecuteKeepsTheRoleOfExecute) {
  const auto execute = [](const std::string& app, const std::string& sql) {
    v1::ExecuteRequest request = MakeExecute(sql);
    request.set_read_routing(v1::READ_ROUTING_AUTO);
    const ExecuteOutcome outcome = As(app).Execute(request);
    return outcome.status.ok() ? FirstText(outcome.response.result_set())
                               : CallError::Of(outcome.status).info.reason();
  };
  const std::string read_only =
      "SELECT current_setting('transaction_read_only')";
  EXPECT_EQ(execute("split", kWho), "rw");
  EXPECT_EQ(execute("split", read_only), "on");
  EXPECT_EQ(execute("split", "SELECT make_item()"), "rw");
  EXPECT_EQ(execute("split", kInsert), "rw");
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "2");
  EXPECT_EQ(execute("reader", kWho), "ro");
  EXPECT_EQ(execute("reader", read_only), "on");
  EXPECT_EQ(execute("reader", "SELECT make_item()"), "READ_ONLY");
  EXPECT_EQ(execute("reader", kInsert), kDenied);
  EXPECT_EQ(execute("writer", kWho), kDenied);
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "2");
}

TEST_F(GrantedTest, WhatIsTooLongToProveMayBeAWrite) {
  const std::string padding(20'000, ' ');
  const std::string sql = absl::StrCat(kWho, padding);
  EXPECT_EQ(Query("reader", sql), "ro");
  EXPECT_EQ(Execute("reader", sql), kDenied);
  EXPECT_EQ(Execute("split", sql), "rw");
}

TEST_F(GrantedTest, AnAppThatOnlyWritesDoesNotRead) {
  EXPECT_EQ(Execute("writer", kInsert), "rw");
  EXPECT_EQ(Query("writer", kWho), kDenied);
  EXPECT_EQ(Stream("writer", kWho), kDenied);
  EXPECT_EQ(Execute("writer", kWho), kDenied);
  EXPECT_EQ(RunSteps("writer", {kInsert, kWho}), kDenied);
}

TEST_F(GrantedTest, ARefusedStatementFailsItsTransaction) {
  GatewayClient client = As("migrator");
  const std::unique_ptr<TransactStream> stream = client.OpenTransact();
  ASSERT_EQ(Begin(*stream, kReadWrite), "begun");
  ASSERT_TRUE(stream->Ask(MakeSavepoint("before")).has_done());
  const v1::TransactResponse refused = stream->Ask(MakeStatement(kInsert));
  EXPECT_EQ(refused.error().reason(), kDenied);
  EXPECT_EQ(refused.state(), v1::TRANSACTION_STATE_FAILED);
  EXPECT_EQ(Ask(*stream, kWho), "TRANSACTION_FAILED");
  ASSERT_TRUE(stream->Ask(MakeRollbackTo("before")).has_done());
  EXPECT_EQ(Ask(*stream, kWho), "owner");
}

TEST_F(GrantedTest, DescribeNeedsTheRightOfTheStatement) {
  const auto describe = [](const std::string& app, const std::string& sql) {
    GatewayClient client = As(app);
    return Describe(client, sql);
  };
  EXPECT_EQ(describe("reader", kWho), "");
  EXPECT_EQ(describe("writer", kInsert), "");
  for (const auto& [app, sql] :
       {std::pair("reader", kInsert), std::pair("writer", kWho),
        std::pair("reader", "CREATE TABLE t ()")}) {
    EXPECT_EQ(describe(app, sql), kDenied) << app;
  }
}

TEST_F(GrantedTest, ARequestIdNeedsTheRightToWrite) {
  v1::ExecuteRequest request = MakeExecute(kWho);
  ASSERT_THAT(As("reader").Execute(request).status, IsOk());
  request.set_request_id("e6f1f2a6-3c55-4f4e-8b7e-0a2f6f9f6d11");
  EXPECT_THAT(
      As("reader").Execute(request).status,
      FailsWith(Code::PERMISSION_DENIED, v1::ERROR_REASON_ACCESS_DENIED));
}

TEST_F(GrantedTest, OutcomesAreToldToAppsOfManyRoles) {
  GatewayClient client = As("split");
  const ExecuteOutcome done = client.Execute(kInsert);
  ASSERT_THAT(done.status, IsOk());
  EXPECT_EQ(
      client.GetTransactionOutcome(done.response.summary().outcome_reference())
          .response.outcome(),
      v1::TRANSACTION_OUTCOME_COMMITTED);
}

TEST_F(GrantedTest, AnEntryThatLogsInAsSomebodyElseIsNotServed) {
  const grpc::Status status = As("misled").Query(kWho).status;
  EXPECT_THAT(status, FailsWith(Code::FAILED_PRECONDITION,
                                v1::ERROR_REASON_BACKEND_UNSUPPORTED));
  EXPECT_THAT(status.error_message(), HasSubstr("\"rw\""));
  EXPECT_THAT(stack().gateway().ReadLog(),
              HasSubstr(R"("entry":"app.misled")"));
}

TEST_F(GrantedTest, ARoleAboveTheGrantsIsNotServed) {
  for (const auto& [app, attribute] :
       {std::pair("super", "SUPERUSER"), std::pair("bypass", "BYPASSRLS"),
        std::pair("creator", "CREATEROLE"),
        std::pair("replica", "REPLICATION")}) {
    const grpc::Status status = As(app).Query(kWho).status;
    EXPECT_THAT(status, FailsWith(Code::FAILED_PRECONDITION,
                                  v1::ERROR_REASON_BACKEND_UNSUPPORTED))
        << app;
    EXPECT_THAT(status.error_message(), HasSubstr(attribute));
  }
}

TEST_F(GrantedTest, TheLogNamesFunctionsThatARoleHadBetterNotCall) {
  ASSERT_EQ(Query("reader", kWho), "ro");
  const std::string log = stack().gateway().ReadLog();
  EXPECT_THAT(log, HasSubstr("role_has_risky_functions"));
  EXPECT_THAT(log, HasSubstr("pg_advisory_lock"));
}

TEST_F(GrantedTest, RowsAreVisibleByTheRoleAndItsSettings) {
  const std::string ids = "SELECT string_agg(id::text, ',') FROM secret";
  EXPECT_EQ(Query("tenant_a", ids), "1");
  EXPECT_EQ(Query("tenant_b", ids), "4");
  EXPECT_EQ(Query("tenant_b", "SELECT current_setting('app.tenant')"),
            kTenantB);
  EXPECT_EQ(Query("reader", "SELECT current_setting('app.tenant', true)"), "");
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "0");
}

TEST_F(GrantedTest, ASettingThatAnAppForgesIsNotLeftToTheNextCaller) {
  const std::string tenant = "SELECT current_setting('app.tenant')";
  for (const char* forge :
       {"SELECT set_config('app.tenant', 'forged', false)",
        "DO 'BEGIN SET app.tenant = ''forged''; END'",
        "DO 'BEGIN RESET app.tenant; END'", "DO 'BEGIN RESET ALL; END'"}) {
    SCOPED_TRACE(forge);
    ASSERT_THAT(As("tenant_a").Execute(forge).status, IsOk());
    // Whichever of its connections it gets.
    for (int i = 0; i < 8; ++i) EXPECT_EQ(Query("tenant_a", tenant), "a");
  }
  GatewayClient client = As("tenant_a");
  const std::unique_ptr<TransactStream> stream = client.OpenTransact();
  ASSERT_EQ(Begin(*stream, kReadWrite), "begun");
  EXPECT_EQ(Ask(*stream, "SET LOCAL app.tenant = 'mine'"), "");
  EXPECT_EQ(Ask(*stream, tenant), "mine");
  EXPECT_TRUE(stream->Ask(MakeCommit()).has_committed());
  EXPECT_EQ(Query("tenant_a", tenant), "a");
}

TEST_F(GrantedTest, ANewPolicyDecidesTheNextCall) {
  ASSERT_EQ(Query("tenant_a", "SELECT current_setting('app.tenant')"), "a");
  ASSERT_TRUE(stack().gateway().ReplacePolicy(Policy("z")).ok());
  EXPECT_TRUE(Await(absl::Seconds(10), [] {
    return Query("tenant_a", "SELECT current_setting('app.tenant')") == "z";
  }));
  EXPECT_EQ(Query("tenant_b", kWho), "tenant_b");
  std::string without = Policy();
  without.replace(without.find("role: ro, access"), 8, "role: rw");
  ASSERT_TRUE(stack().gateway().ReplacePolicy(without).ok());
  EXPECT_TRUE(
      Await(absl::Seconds(10), [] { return Query("reader", kWho) == "rw"; }));
  ASSERT_TRUE(stack().gateway().ReplacePolicy(Policy()).ok());
  EXPECT_TRUE(
      Await(absl::Seconds(10), [] { return Query("reader", kWho) == "ro"; }));
  EXPECT_TRUE(Await(absl::Seconds(10), [] {
    return Query("tenant_a", "SELECT current_setting('app.tenant')") == "a";
  }));
}

}  // namespace
}  // namespace sluice::testing

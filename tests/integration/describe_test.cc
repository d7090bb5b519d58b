// What Describe tells of statements, and that it executes nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/describe_request.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Code = grpc::StatusCode;

class DescribeTest : public StackTest<DescribeTest> {
 protected:
  friend class StackTest<DescribeTest>;

  static StackOptions Options() {
    StackOptions options;
    // What one call leaves on a connection the next one meets.
    options.gateway = {{"pool.max_connections", "1"}};
    return options;
  }

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    for (const char* sql :
         {"CREATE SCHEMA shop", "CREATE TYPE mood AS ENUM ('sad', 'glad')",
          "CREATE TYPE place AS (x float8, label text)",
          "CREATE TYPE shop.span AS RANGE (subtype = float8, "
          "multirange_type_name = shop.multispan)",
          "CREATE DOMAIN email AS varchar(50) CHECK (VALUE LIKE '%@%')",
          "CREATE TABLE item (id int PRIMARY KEY, dropped int, "
          "  name varchar(20), price numeric(10, 2), mood mood, "
          "  moods mood[], place place, span shop.span, email email)",
          "ALTER TABLE item DROP COLUMN dropped", "CREATE SEQUENCE ticket",
          "CREATE FUNCTION write_item(number int) RETURNS int LANGUAGE sql "
          "VOLATILE AS 'INSERT INTO item VALUES (number) RETURNING id'",
          "CREATE PROCEDURE tell(INOUT number int) LANGUAGE plpgsql "
          "AS 'BEGIN number := number + 1; END'"}) {
      ASSERT_THAT(client.Execute(sql).status, IsOk()) << sql;
    }
  }

  v1::DescribeResponse Describe(const std::string& sql,
                                const std::vector<v1::Value>& parameters = {}) {
    auto outcome = client_.Describe(MakeDescribe(sql, parameters));
    EXPECT_THAT(outcome.status, IsOk()) << sql;
    return outcome.response;
  }

  CallError ExpectFailure(const v1::DescribeRequest& request, Code code,
                          v1::ErrorReason reason) {
    const grpc::Status status = client_.Describe(request).status;
    EXPECT_THAT(status, FailsWith(code, reason)) << request.ShortDebugString();
    return CallError::Of(status);
  }

  static std::vector<std::string> ParameterTypes(
      const v1::DescribeResponse& response) {
    std::vector<std::string> names;
    for (const v1::Type& type : response.parameter_types()) {
      names.push_back(type.name());
    }
    return names;
  }

  // "name type" of each.
  static std::vector<std::string> Columns(
      const v1::DescribeResponse& response) {
    std::vector<std::string> columns;
    for (const v1::ColumnMetadata& column : response.columns()) {
      columns.push_back(absl::StrCat(column.name(), " ", column.type().name()));
    }
    return columns;
  }

  GatewayClient client_ = stack().MakeClient();
};

TEST_F(DescribeTest, InfersTheTypesOfParameters) {
  EXPECT_THAT(
      ParameterTypes(Describe("SELECT FROM item WHERE id = $1 AND price < $2 "
                              "AND name = $3 AND mood = $4 AND span && $5 "
                              "AND moods = $6")),
      ElementsAre("integer", "numeric", "text", "mood", "shop.span", "mood[]"));
  EXPECT_THAT(ParameterTypes(Describe("INSERT INTO item (id, price, place, "
                                      "email) VALUES ($2, $1, $3, $4)")),
              ElementsAre("numeric", "integer", "place", "email"));
  EXPECT_THAT(ParameterTypes(Describe("SELECT $1")), ElementsAre("text"));
  EXPECT_THAT(ParameterTypes(Describe("SELECT 1")), IsEmpty());
}

TEST_F(DescribeTest, TakesTheTypesThatTheCallerNames) {
  EXPECT_THAT(ParameterTypes(Describe("SELECT $1", {OfType("int8")})),
              ElementsAre("bigint"));
  EXPECT_THAT(ParameterTypes(Describe("SELECT $1, $2, $3",
                                      {OfType("mood[]"), Null(), Text("x")})),
              ElementsAre("mood[]", "text", "text"));
  EXPECT_THAT(
      ParameterTypes(Describe("SELECT $1, $2", {Null(), OfType("email")})),
      ElementsAre("text", "email"));
  // Fewer than there are, and one that the statement names by its number only.
  EXPECT_THAT(ParameterTypes(Describe("SELECT $1, $2::int", {OfType("date")})),
              ElementsAre("date", "integer"));
  EXPECT_THAT(ParameterTypes(
                  Describe("SELECT $2::int", {OfType("date"), OfType("int4")})),
              ElementsAre("date", "integer"));
  const auto outcome = Describe("SELECT $1 + 1 AS sum", {OfType("numeric")});
  EXPECT_THAT(Columns(outcome), ElementsAre("sum numeric"));
}

TEST_F(DescribeTest, SaysWhatKindOfTypeEachIs) {
  const v1::DescribeResponse response = Describe(
      "SELECT $1::mood, $2::mood[], $3::place, $4::shop.span, "
      "$5::shop.multispan, $6::email, $7::int4");
  ASSERT_EQ(response.parameter_types_size(), 7);
  EXPECT_EQ(response.parameter_types(0).kind(), v1::TYPE_KIND_ENUM);
  EXPECT_EQ(response.parameter_types(1).kind(), v1::TYPE_KIND_ARRAY);
  EXPECT_EQ(response.parameter_types(1).element().name(), "mood");
  EXPECT_EQ(response.parameter_types(2).kind(), v1::TYPE_KIND_COMPOSITE);
  EXPECT_EQ(response.parameter_types(3).kind(), v1::TYPE_KIND_RANGE);
  EXPECT_EQ(response.parameter_types(4).kind(), v1::TYPE_KIND_MULTIRANGE);
  EXPECT_EQ(response.parameter_types(5).kind(), v1::TYPE_KIND_DOMAIN);
  EXPECT_EQ(response.parameter_types(6).kind(), v1::TYPE_KIND_BASE);
  EXPECT_EQ(response.parameter_types(6).oid(), 23U);
  EXPECT_EQ(response.parameter_types(6).modifier(), -1);
}

TEST_F(DescribeTest, TellsColumnsWithTheirOrigin) {
  const v1::DescribeResponse response = Describe(
      "SELECT name, price AS cost, moods, place, span, email, 1 + id, "
      "count(*) OVER () FROM item");
  EXPECT_THAT(Columns(response),
              ElementsAre("name character varying", "cost numeric",
                          "moods mood[]", "place place", "span shop.span",
                          // PostgreSQL names what a domain is over.
                          "email character varying", "?column? integer",
                          "count bigint"));
  const std::string table = stack().Ask("SELECT 'item'::regclass::oid");
  const v1::ColumnMetadata& cost = response.columns(1);
  EXPECT_EQ(absl::StrCat(cost.table_oid()), table);
  // By the table's own count: `dropped` was the second.
  EXPECT_EQ(cost.column_number(), 4U);
  EXPECT_EQ(absl::StrCat(cost.type().modifier()),
            stack().Ask("SELECT atttypmod FROM pg_attribute WHERE attrelid = "
                        "'item'::regclass AND attname = 'price'"));
  EXPECT_EQ(response.columns(6).table_oid(), 0U);
  EXPECT_EQ(response.columns(6).column_number(), 0U);
}

TEST_F(DescribeTest, TellsTheSameColumnsAsTheQueryItself) {
  const std::string sql = "SELECT *, $1::place[] AS places FROM item";
  const v1::DescribeResponse described = Describe(sql);
  const QueryOutcome asked = client_.Query(sql, {Null()});
  ASSERT_THAT(asked.status, IsOk());
  ASSERT_EQ(described.columns_size(),
            asked.response.result_set().metadata_size());
  for (int i = 0; i < described.columns_size(); ++i) {
    EXPECT_EQ(described.columns(i).DebugString(),
              asked.response.result_set().metadata(i).DebugString());
  }
}

struct ClassCase {
  const char* sql;
  v1::StatementClass expected;
  bool read_only;
};

TEST_F(DescribeTest, TellsTheClassAndWhichRpcTakesIt) {
  for (const ClassCase& row : std::vector<ClassCase>{
           {"SELECT 1", v1::STATEMENT_CLASS_READ, true},
           {"TABLE item", v1::STATEMENT_CLASS_READ, true},
           {"WITH a AS (SELECT 1) SELECT * FROM a", v1::STATEMENT_CLASS_READ,
            true},
           {"SHOW server_version", v1::STATEMENT_CLASS_READ, true},
           {"EXPLAIN SELECT 1", v1::STATEMENT_CLASS_READ, true},
           {"SELECT 1 FROM item FOR UPDATE", v1::STATEMENT_CLASS_WRITE, false},
           {"DELETE FROM item", v1::STATEMENT_CLASS_WRITE, false},
           {"EXPLAIN ANALYZE DELETE FROM item", v1::STATEMENT_CLASS_WRITE,
            false},
           {"TRUNCATE item", v1::STATEMENT_CLASS_WRITE, false},
           {"NOTIFY bell", v1::STATEMENT_CLASS_WRITE, false},
           {"CREATE TABLE made AS SELECT 1", v1::STATEMENT_CLASS_DDL, false},
           {"DROP TABLE item", v1::STATEMENT_CLASS_DDL, false},
           {"DO 'BEGIN END'", v1::STATEMENT_CLASS_PROCEDURE, false},
           {"CALL tell(1)", v1::STATEMENT_CLASS_PROCEDURE, false},
           {"VACUUM item", v1::STATEMENT_CLASS_MAINTENANCE, false}}) {
    const v1::DescribeResponse response = Describe(row.sql);
    EXPECT_EQ(v1::StatementClass_Name(response.statement_class()),
              v1::StatementClass_Name(row.expected))
        << row.sql;
    EXPECT_EQ(response.read_only(), row.read_only) << row.sql;
  }
  EXPECT_THAT(Columns(Describe("CALL tell($1)")),
              ElementsAre("number integer"));
  EXPECT_THAT(Columns(Describe("DELETE FROM item")), IsEmpty());
  EXPECT_THAT(Columns(Describe("DELETE FROM item RETURNING id")),
              ElementsAre("id integer"));
}

TEST_F(DescribeTest, ExecutesNothing) {
  for (const char* sql : {"SELECT nextval('ticket')", "SELECT write_item(1)",
                          "INSERT INTO item VALUES (2)",
                          "EXPLAIN ANALYZE INSERT INTO item "
                          "VALUES (3)",
                          "DO 'BEGIN PERFORM write_item(4); COMMIT; END'",
                          "CREATE TABLE made AS SELECT 1", "DROP TABLE item",
                          "SELECT set_config('search_path', 'shop', false)"}) {
    Describe(sql);
  }
  EXPECT_EQ(stack().Ask("SELECT is_called FROM ticket"), "f");
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "0");
  EXPECT_EQ(stack().Ask("SELECT to_regclass('made') IS NULL"), "t");
  EXPECT_EQ(FirstText(client_.Query("SHOW search_path").response.result_set()),
            "\"$user\", public");
}

TEST_F(DescribeTest, LeavesNothingPreparedAndKeepsTheConnection) {
  const std::string pid =
      FirstText(client_.Query("SELECT pg_backend_pid()").response.result_set());
  for (int i = 0; i < 5; ++i) Describe(absl::StrCat("SELECT 'trace', ", i));
  const QueryOutcome outcome = client_.Query(
      "SELECT count(*) FROM pg_prepared_statements "
      "WHERE statement LIKE 'SELECT ''trace''%'");
  EXPECT_EQ(FirstText(outcome.response.result_set()), "0");
  EXPECT_EQ(
      FirstText(client_.Query("SELECT pg_backend_pid()").response.result_set()),
      pid);
}

TEST_F(DescribeTest, FollowsWhatDdlChanges) {
  for (const char* sql : {"CREATE TYPE hue AS ENUM ('red')",
                          "CREATE TABLE paint (id int, hue hue)"}) {
    ASSERT_THAT(client_.Execute(sql).status, IsOk()) << sql;
  }
  const std::string sql = "SELECT * FROM paint WHERE hue = $1";
  ASSERT_THAT(client_.Query(sql, {Typed(Text("red"), "hue")}).status, IsOk());
  EXPECT_THAT(Columns(Describe(sql)), ElementsAre("id integer", "hue hue"));

  for (const char* change : {"ALTER TYPE hue RENAME TO colour",
                             "ALTER TABLE paint ALTER id TYPE int8",
                             "ALTER TABLE paint ADD note text"}) {
    ASSERT_THAT(client_.Execute(change).status, IsOk()) << change;
  }
  const v1::DescribeResponse after = Describe(sql);
  EXPECT_THAT(Columns(after),
              ElementsAre("id bigint", "hue colour", "note text"));
  EXPECT_THAT(ParameterTypes(after), ElementsAre("colour"));
  ExpectFailure(MakeDescribe(sql, {OfType("hue")}), Code::INVALID_ARGUMENT,
                v1::ERROR_REASON_UNKNOWN_TYPE);

  // Another type under the old name.
  ASSERT_THAT(client_.Execute("CREATE TYPE hue AS (x int)").status, IsOk());
  EXPECT_EQ(Describe("SELECT $1", {OfType("hue")}).parameter_types(0).kind(),
            v1::TYPE_KIND_COMPOSITE);
}

TEST_F(DescribeTest, TellsASyntaxErrorAsPostgresDoes) {
  absl::StatusOr<SqlSession> session = stack().postgres().Connect("app", "app");
  ASSERT_TRUE(session.ok()) << session.status();
  for (const char* sql : {"SELEC 1", "SELECT 'é€' FROM FROM", "SELECT (1",
                          "SELECT 'unterminated", "INSERT item"}) {
    const std::optional<SqlFailure> expected = session->FindFailure(sql);
    ASSERT_TRUE(expected.has_value()) << sql;
    const CallError error =
        ExpectFailure(MakeDescribe(sql, {}, v1::EXPLAIN_MODE_TEXT),
                      Code::INVALID_ARGUMENT, v1::ERROR_REASON_SYNTAX_ERROR);
    EXPECT_EQ(error.diagnostic.message(), expected->message) << sql;
    EXPECT_EQ(error.diagnostic.position(), expected->position) << sql;
  }
}

TEST_F(DescribeTest, TellsWhatDoesNotExistAsPostgresDoes) {
  const CallError table =
      ExpectFailure(MakeDescribe("SELECT * FROM nope"), Code::INVALID_ARGUMENT,
                    v1::ERROR_REASON_UNDEFINED_OBJECT);
  EXPECT_EQ(table.diagnostic.position(), 15);
  EXPECT_EQ(table.Metadata("executed"), "no");
  const CallError type =
      ExpectFailure(MakeDescribe("SELECT $1", {OfType("nope")}),
                    Code::INVALID_ARGUMENT, v1::ERROR_REASON_UNKNOWN_TYPE);
  EXPECT_THAT(type.status.error_message(), HasSubstr("nope"));
}

TEST_F(DescribeTest, RefusesMoreParametersThanThereAre) {
  for (const std::vector<v1::Value>& parameters :
       {std::vector<v1::Value>{Int(1), Int(2)},
        std::vector<v1::Value>{OfType("int4"), OfType("int4")},
        std::vector<v1::Value>{Int(1), OfType("mood")}}) {
    const CallError error =
        ExpectFailure(MakeDescribe("SELECT $1::int", parameters),
                      Code::INVALID_ARGUMENT, v1::ERROR_REASON_PARAMETER_COUNT);
    EXPECT_EQ(error.Metadata("field"), "parameters");
    EXPECT_EQ(error.Metadata("executed"), "no");
  }
}

TEST_F(DescribeTest, RefusesWhatNoRpcTakes) {
  for (const char* sql :
       {"BEGIN", "COMMIT", "SET work_mem = '1MB'", "LISTEN bell",
        "COPY item TO STDOUT", "PREPARE a AS SELECT 1", "EXECUTE sluice_1",
        "DECLARE c CURSOR FOR SELECT 1", "DISCARD ALL",
        "ALTER SYSTEM SET work_mem = '1MB'"}) {
    const CallError error =
        ExpectFailure(MakeDescribe(sql), Code::INVALID_ARGUMENT,
                      v1::ERROR_REASON_STATEMENT_NOT_ALLOWED);
    EXPECT_THAT(error.status.error_message(), HasSubstr("Describe")) << sql;
  }
  ExpectFailure(MakeDescribe("SELECT 1; DROP TABLE item"),
                Code::INVALID_ARGUMENT, v1::ERROR_REASON_MULTIPLE_STATEMENTS);
  ExpectFailure(MakeDescribe("-- nothing"), Code::INVALID_ARGUMENT,
                v1::ERROR_REASON_EMPTY_STATEMENT);
}

TEST_F(DescribeTest, NamesTheFieldThatIsWrong) {
  v1::DescribeRequest request = MakeDescribe("");
  EXPECT_EQ(ExpectFailure(request, Code::INVALID_ARGUMENT,
                          v1::ERROR_REASON_INVALID_REQUEST)
                .Metadata("field"),
            "statement.sql");
  request = MakeDescribe("SELECT 1");
  request.mutable_options()->set_tag("two\nlines");
  EXPECT_EQ(ExpectFailure(request, Code::INVALID_ARGUMENT,
                          v1::ERROR_REASON_INVALID_REQUEST)
                .Metadata("field"),
            "options.tag");
  request = MakeDescribe("SELECT 1");
  request.set_explain(static_cast<v1::ExplainMode>(77));
  EXPECT_EQ(ExpectFailure(request, Code::INVALID_ARGUMENT,
                          v1::ERROR_REASON_INVALID_REQUEST)
                .Metadata("field"),
            "explain");
}

TEST_F(DescribeTest, ServesOnlyWhoMayUseTheDatabase) {
  v1::DescribeRequest request = MakeDescribe("SELECT 1");
  for (const char* name : {"nope", "spare"}) {
    request.set_database(name);
    ExpectFailure(request, Code::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE);
  }
  request.set_database("app");
  GatewayClient spare(
      stack().client_options("spare", stack().gateway().port()));
  EXPECT_THAT(spare.Describe(request).status,
              FailsWith(Code::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE));
  GatewayClient stranger(
      stack().client_options("stranger", stack().gateway().port()));
  EXPECT_THAT(
      stranger.Describe(request).status,
      FailsWith(Code::PERMISSION_DENIED, v1::ERROR_REASON_APP_NOT_ALLOWED));
}

TEST_F(DescribeTest, TakesAnotherConnectionWhenOneIsLost) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(stack().Ask("SELECT count(pg_terminate_backend(pid)) > 0 FROM "
                          "pg_stat_activity WHERE usename = 'app'"),
              "t");
    auto outcome = client_.Describe(
        MakeDescribe("SELECT id FROM item", {}, v1::EXPLAIN_MODE_TEXT));
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_NE(outcome.response.plan(), "");
  }
}

TEST_F(DescribeTest, EndsAtItsDeadlineWhileATableIsLocked) {
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway({{"limits.default_deadline", "500ms"},
                            {"limits.max_deadline", "500ms"}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  absl::StatusOr<SqlSession> session = stack().postgres().Connect("app", "app");
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Execute("BEGIN; LOCK TABLE item").ok());

  GatewayClient client = stack().MakeClient(**gateway);
  const grpc::Status status =
      client.Describe(MakeDescribe("SELECT * FROM item")).status;
  EXPECT_THAT(status, FailsWith(Code::DEADLINE_EXCEEDED,
                                v1::ERROR_REASON_DEADLINE_EXCEEDED));
  EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM pg_locks WHERE NOT granted"),
            "0");
  ASSERT_TRUE(session->Execute("ROLLBACK").ok());
  EXPECT_THAT(client.Describe(MakeDescribe("SELECT * FROM item")).status,
              IsOk());
}

}  // namespace
}  // namespace sluice::testing

// Statements that are refused, by the gateway or by PostgreSQL, and what is
// told of them.

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/integration/bad_input.h"
#include "tests/support/sql_session.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

// Beyond what is parsed as a whole (16 KiB): such texts are told apart by
// their tokens.
const std::string& LongComment() {
  static const std::string& comment =
      *new std::string("/*" + std::string(20'000, ' ') + "*/");
  return comment;
}

TEST_F(BadInputTest, TellsASyntaxErrorAsPostgresDoes) {
  absl::StatusOr<SqlSession> session = stack().postgres().Connect("app", "app");
  ASSERT_TRUE(session.ok()) << session.status();
  for (const char* sql :
       {"SELEC 1", "SELECT 1 +", "SELECT 'é€😀' FROM FROM", "SELECT (1",
        "SELECT 'unterminated", "SELECT 1 /* unterminated", "SELECT \"\"",
        "VALUES", "SELECT 1 WHERE LIMIT"}) {
    const std::optional<SqlFailure> expected = session->FindFailure(sql);
    ASSERT_TRUE(expected.has_value()) << sql;
    for (const CallError& error :
         {ExpectFailure(MakeQuery(sql), Code::INVALID_ARGUMENT,
                        v1::ERROR_REASON_SYNTAX_ERROR),
          ExpectFailure(MakeExecute(sql), Code::INVALID_ARGUMENT,
                        v1::ERROR_REASON_SYNTAX_ERROR)}) {
      EXPECT_EQ(error.diagnostic.position(), expected->position) << sql;
      EXPECT_EQ(error.diagnostic.message(), expected->message) << sql;
      EXPECT_EQ(error.diagnostic.sqlstate(), "42601") << sql;
      EXPECT_EQ(error.Metadata("sqlstate"), "42601") << sql;
      EXPECT_EQ(error.Metadata("executed"), "no") << sql;
    }
  }
}

TEST_F(BadInputTest, TellsWhatDoesNotExistAsPostgresDoes) {
  absl::StatusOr<SqlSession> session = stack().postgres().Connect("app", "app");
  ASSERT_TRUE(session.ok()) << session.status();
  for (const char* sql :
       {"SELECT 'é', nope", "SELECT * FROM nope", "SELECT nope(1)",
        "SELECT 1::nope", "SELECT id FROM item a, item b"}) {
    const std::optional<SqlFailure> expected = session->FindFailure(sql);
    ASSERT_TRUE(expected.has_value()) << sql;
    const CallError error =
        ExpectFailure(MakeQuery(sql), Code::INVALID_ARGUMENT,
                      v1::ERROR_REASON_UNDEFINED_OBJECT);
    EXPECT_EQ(error.diagnostic.position(), expected->position) << sql;
    EXPECT_EQ(error.diagnostic.message(), expected->message) << sql;
    EXPECT_EQ(error.diagnostic.sqlstate(), expected->sqlstate) << sql;
  }
}

TEST_F(BadInputTest, TellsWhatWentWrongInData) {
  ExpectBothFail("SELECT 1 / 0", {}, Code::INVALID_ARGUMENT,
                 v1::ERROR_REASON_DATA_INVALID);
  ExpectBothFail("SELECT 2147483647 + 1", {}, Code::OUT_OF_RANGE,
                 v1::ERROR_REASON_DATA_OUT_OF_RANGE);
  ExpectBothFail("SELECT pg_read_file('/etc/passwd')", {},
                 Code::PERMISSION_DENIED, v1::ERROR_REASON_PERMISSION_DENIED);
}

TEST_F(BadInputTest, NamesTheConstraintAndKeepsTheRowsValuesBack) {
  ASSERT_THAT(client_.Execute("INSERT INTO item VALUES (1)").status, IsOk());
  const CallError error =
      ExpectFailure(MakeExecute("INSERT INTO item VALUES (1)"),
                    Code::ALREADY_EXISTS, v1::ERROR_REASON_UNIQUE_VIOLATION);
  EXPECT_EQ(error.Metadata("constraint"), "item_pkey");
  EXPECT_EQ(error.Metadata("table"), "item");
  EXPECT_EQ(error.diagnostic.detail(), "");
  ExpectFailure(MakeExecute("INSERT INTO item VALUES (NULL)"),
                Code::FAILED_PRECONDITION,
                v1::ERROR_REASON_CONSTRAINT_VIOLATION);
}

// gRPC bounds the headers in which an error travels.
constexpr char kLongError[] =
    "DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = repeat('é', 100000),"
    "  DETAIL = repeat('é', 100000), HINT = repeat('é', 100000),"
    "  COLUMN = repeat('é', 100000), CONSTRAINT = repeat('é', 100000),"
    "  DATATYPE = repeat('é', 100000), TABLE = repeat('é', 100000),"
    "  SCHEMA = repeat('é', 100000); END $$";

TEST_F(BadInputTest, DeliversErrorsOfAnyLength) {
  const grpc::Status status = Call(MakeExecute(kLongError));
  EXPECT_THAT(status,
              FailsWith(Code::FAILED_PRECONDITION, v1::ERROR_REASON_RAISED));
  EXPECT_THAT(status.error_message(), HasSubstr("éééé"));
  // What the block may have done to the session is not known.
  ExpectNewLogins();
}

class DetailTest : public BadInputTest {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        stack().StartGateway({{"errors.include_detail", "true"}});
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
  }
  // Beside the gateway whose connection is watched.
  void TearDown() override {}

  ExecuteOutcome Execute(const std::string& sql) {
    return stack().MakeClient(*gateway_).Execute(sql);
  }

 private:
  std::unique_ptr<GatewayProcess> gateway_;
};

TEST_F(DetailTest, TellsTheRowsValuesWhereThatIsAllowed) {
  constexpr char kInsert[] = "INSERT INTO item VALUES (1)";
  EXPECT_THAT(Execute(kInsert).status, IsOk());
  EXPECT_EQ(CallError::Of(Execute(kInsert).status).diagnostic.detail(),
            "Key (id)=(1) already exists.");
}

TEST_F(DetailTest, DeliversErrorsOfAnyLengthWithTheirDetail) {
  const grpc::Status status = Execute(kLongError).status;
  EXPECT_THAT(status,
              FailsWith(Code::FAILED_PRECONDITION, v1::ERROR_REASON_RAISED));
  EXPECT_THAT(CallError::Of(status).diagnostic.detail(), HasSubstr("éééé"));
}

TEST_F(BadInputTest, RefusesATextWithoutACommand) {
  ExpectBothFail("", {}, Code::INVALID_ARGUMENT,
                 v1::ERROR_REASON_INVALID_REQUEST);
  for (const char* sql : {" ", ";", "-- nothing", "/* nothing */ ; ;"}) {
    ExpectBothFail(sql, {}, Code::INVALID_ARGUMENT,
                   v1::ERROR_REASON_EMPTY_STATEMENT);
  }
  ExpectBothFail(LongComment(), {}, Code::INVALID_ARGUMENT,
                 v1::ERROR_REASON_EMPTY_STATEMENT);
  v1::QueryRequest request;
  request.set_database("app");
  ExpectFailure(request, Code::INVALID_ARGUMENT,
                v1::ERROR_REASON_INVALID_REQUEST);
}

TEST_F(BadInputTest, RefusesTwoStatements) {
  for (const char* sql :
       {"SELECT 1; SELECT 2", "SELECT 1; DROP TABLE item",
        "SELECT ';'; SELECT 2", "SELECT $$;$$; COMMIT; DROP TABLE item"}) {
    ExpectBothFail(sql, {}, Code::INVALID_ARGUMENT,
                   v1::ERROR_REASON_MULTIPLE_STATEMENTS);
    ExpectBothFail(LongComment() + sql, {}, Code::INVALID_ARGUMENT,
                   v1::ERROR_REASON_MULTIPLE_STATEMENTS);
  }
  ExpectBothPass("SELECT 1;");
  ExpectBothPass("SELECT ';' ; -- ; SELECT 2");
  ExpectBothPass(LongComment() + "SELECT ';' ;");
}

TEST_F(BadInputTest, RefusesANulInTheStatement) {
  using std::string_literals::operator""s;
  ExpectBothFail("SELECT 1\0"s, {}, Code::INVALID_ARGUMENT,
                 v1::ERROR_REASON_INVALID_REQUEST);
  ExpectBothFail("SELECT 1\0; DROP TABLE item"s, {}, Code::INVALID_ARGUMENT,
                 v1::ERROR_REASON_INVALID_REQUEST);
}

TEST_F(BadInputTest, RefusesWhatIsNoReadInQuery) {
  for (const char* sql :
       {"INSERT INTO item VALUES (1)", "UPDATE item SET id = 2",
        "DELETE FROM item", "TRUNCATE item", "CREATE TABLE other (id int)",
        "DROP TABLE item", "DO $$ BEGIN INSERT INTO item VALUES (1); END $$",
        "DO $$ BEGIN COMMIT; INSERT INTO item VALUES (1); COMMIT; END $$",
        "CALL nothing()", "SELECT 1 AS id INTO other",
        "WITH w AS (INSERT INTO item VALUES (1) RETURNING id) TABLE w",
        "EXPLAIN ANALYZE INSERT INTO item VALUES (1)", "NOTIFY channel",
        "LOCK TABLE item", "VACUUM item", "ANALYZE item",
        "REFRESH MATERIALIZED VIEW nope",
        "MERGE INTO item USING item AS i ON "
        "i.id = item.id WHEN NOT MATCHED THEN INSERT VALUES (1)"}) {
    ExpectFailure(MakeQuery(sql), Code::INVALID_ARGUMENT,
                  v1::ERROR_REASON_STATEMENT_NOT_ALLOWED);
  }
  EXPECT_EQ(ItemCount(), "0");
  EXPECT_EQ(stack().Ask("SELECT to_regclass('other')"), "");
}

TEST_F(BadInputTest, RefusesSessionAndTransactionStatementsInBoth) {
  for (const char* sql : {"SET search_path = x",
                          "SET LOCAL search_path = x",
                          "SET TRANSACTION READ WRITE",
                          "SET SESSION CHARACTERISTICS AS "
                          "TRANSACTION READ WRITE",
                          "SET ROLE postgres",
                          "RESET ALL",
                          "RESET ROLE",
                          "BEGIN",
                          "START TRANSACTION",
                          "COMMIT",
                          "END",
                          "ROLLBACK",
                          "SAVEPOINT a",
                          "RELEASE a",
                          "PREPARE TRANSACTION 'x'",
                          "LISTEN channel",
                          "UNLISTEN *",
                          "COPY item TO STDOUT",
                          "COPY item FROM STDIN",
                          "COPY item TO PROGRAM 'cat'",
                          "PREPARE p AS SELECT 1",
                          "EXECUTE p",
                          "DEALLOCATE ALL",
                          "DISCARD ALL",
                          "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
                          "FETCH c",
                          "CLOSE c",
                          "LOAD 'plpgsql'",
                          "ALTER SYSTEM SET port = 1"}) {
    ExpectBothFail(sql, {}, Code::INVALID_ARGUMENT,
                   v1::ERROR_REASON_STATEMENT_NOT_ALLOWED);
    ExpectBothFail(LongComment() + sql, {}, Code::INVALID_ARGUMENT,
                   v1::ERROR_REASON_STATEMENT_NOT_ALLOWED);
  }
}

TEST_F(BadInputTest, WritesNothingForAReadThatWritesInside) {
  for (const std::string sql :
       {"SELECT write_item(1)", "SELECT nextval('ticket')",
        "SELECT * FROM item FOR UPDATE",
        "EXPLAIN ANALYZE SELECT write_item(1)"}) {
    const grpc::Status status = Call(MakeQuery(sql));
    EXPECT_FALSE(status.ok()) << sql;
  }
  const CallError error =
      ExpectFailure(MakeQuery("SELECT write_item(1)"),
                    Code::FAILED_PRECONDITION, v1::ERROR_REASON_READ_ONLY);
  EXPECT_EQ(error.Metadata("sqlstate"), "25006");
  // The class of a long text comes from its first word, so PostgreSQL is the
  // one that refuses.
  ExpectFailure(
      MakeQuery(LongComment() + "WITH w AS (INSERT INTO item VALUES (1) "
                                "RETURNING id) TABLE w"),
      Code::FAILED_PRECONDITION, v1::ERROR_REASON_READ_ONLY);
  EXPECT_THAT(
      Call(MakeQuery("SELECT set_config('transaction_read_only', "
                     "'off', true), write_item(1)")),
      FailsWith(Code::FAILED_PRECONDITION, v1::ERROR_REASON_TRANSACTION_STATE));
  ExpectNewLogins();
  EXPECT_EQ(ItemCount(), "0");
  EXPECT_THAT(client_.Execute("SELECT write_item(1)").status, IsOk());
  EXPECT_EQ(ItemCount(), "1");
}

TEST_F(BadInputTest, RefusesADatabaseThatIsNotServed) {
  v1::QueryRequest query = MakeQuery("SELECT 1");
  v1::ExecuteRequest execute = MakeExecute("SELECT 1");
  for (const char* name : {"nope", "APP", "app ", "postgres", "pgbouncer"}) {
    query.set_database(name);
    execute.set_database(name);
    ExpectFailure(query, Code::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE);
    ExpectFailure(execute, Code::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE);
  }
  query.clear_database();
  ExpectFailure(query, Code::INVALID_ARGUMENT,
                v1::ERROR_REASON_INVALID_REQUEST);
}

TEST_F(BadInputTest, RefusesARequestIdThatIsNone) {
  for (const std::string& id : {std::string(129, 'x'), std::string("a\nb")}) {
    v1::ExecuteRequest request = MakeExecute("INSERT INTO item VALUES (1)");
    request.set_request_id(id);
    const CallError error = ExpectFailure(request, Code::INVALID_ARGUMENT,
                                          v1::ERROR_REASON_INVALID_REQUEST);
    EXPECT_EQ(error.Metadata("field"), "request_id");
  }
  EXPECT_EQ(ItemCount(), "0");
}

// PostgreSQL runs it outside transactions, so its record could not be part of
// it.
TEST_F(BadInputTest, RefusesARequestIdForWhatRunsOutsideTransactions) {
  v1::ExecuteRequest request = MakeExecute("VACUUM item");
  request.set_request_id("8b2c");
  const CallError error = ExpectFailure(request, Code::INVALID_ARGUMENT,
                                        v1::ERROR_REASON_INVALID_REQUEST);
  EXPECT_EQ(error.Metadata("field"), "request_id");
}

TEST_F(BadInputTest, NamesTheOptionThatIsWrong) {
  const auto expect_field = [this](const std::string& field, auto set) {
    v1::QueryRequest request = MakeQuery("SELECT 1");
    set(*request.mutable_options());
    const CallError error = ExpectFailure(request, Code::INVALID_ARGUMENT,
                                          v1::ERROR_REASON_INVALID_REQUEST);
    EXPECT_EQ(error.Metadata("field"), field);
    v1::ExecuteRequest execute = MakeExecute("SELECT 1");
    set(*execute.mutable_options());
    ExpectFailure(execute, Code::INVALID_ARGUMENT,
                  v1::ERROR_REASON_INVALID_REQUEST);
  };
  using Options = v1::RequestOptions;
  expect_field("options.max_rows", [](Options& o) { o.set_max_rows(-1); });
  expect_field("options.max_bytes", [](Options& o) { o.set_max_bytes(-1); });
  expect_field("options.on_limit", [](Options& o) {
    o.set_on_limit(static_cast<v1::LimitAction>(77));
  });
  expect_field("options.tag",
               [](Options& o) { o.set_tag(std::string(65, 't')); });
  expect_field("options.tag", [](Options& o) { o.set_tag("line\nbreak"); });
  expect_field("options.tag", [](Options& o) { o.set_tag("é"); });
  expect_field("options.consistency.at_least", [](Options& o) {
    o.mutable_consistency()->set_at_least("no token");
  });
  expect_field("options.consistency.max_staleness", [](Options& o) {
    o.mutable_consistency()->mutable_max_staleness()->set_seconds(-1);
  });

  v1::QueryRequest good = MakeQuery("SELECT 1");
  good.mutable_options()->set_tag(std::string(64, 't'));
  EXPECT_THAT(Call(good), IsOk());
}

TEST_F(BadInputTest, RefusesAnUnknownReadRouting) {
  v1::ExecuteRequest request = MakeExecute("SELECT 1");
  request.set_read_routing(static_cast<v1::ReadRouting>(77));
  const CallError error = ExpectFailure(request, Code::INVALID_ARGUMENT,
                                        v1::ERROR_REASON_INVALID_REQUEST);
  EXPECT_EQ(error.Metadata("field"), "read_routing");
}

}  // namespace
}  // namespace sluice::testing

// RunTransaction: whole transactions in one call.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/gateway_client.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using RunOutcome = Outcome<v1::RunTransactionResponse>;

v1::Step& AddStep(v1::RunTransactionRequest& request, const std::string& sql,
                  const std::vector<v1::Value>& parameters = {}) {
  v1::Step& step = *request.add_steps();
  step.mutable_statement()->set_sql(sql);
  for (const v1::Value& parameter : parameters) {
    *step.add_parameters() = parameter;
  }
  return step;
}

v1::ParameterColumn& AddColumn(v1::Step& step,
                               const std::vector<v1::Value>& values) {
  v1::ParameterColumn& column = *step.add_parameter_columns();
  for (const v1::Value& value : values) *column.add_values() = value;
  return column;
}

void AddBinding(v1::Step& step, uint32_t parameter, uint32_t from,
                uint32_t column) {
  v1::ParameterBinding& binding = *step.add_bindings();
  binding.set_parameter(parameter);
  binding.set_step(from);
  binding.set_column(column);
}

v1::RunTransactionRequest NewRequest() {
  v1::RunTransactionRequest request;
  request.set_database("app");
  return request;
}

class RunTransactionTest : public StackTest<RunTransactionTest> {
 protected:
  friend class StackTest<RunTransactionTest>;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"pool.max_connections", "3"},
                       {"limits.max_steps", "20"},
                       {"limits.max_parameter_rows", "50000"}};
    return options;
  }

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    ASSERT_THAT(
        client.Execute("CREATE TABLE item (id int PRIMARY KEY, name text)")
            .status,
        IsOk());
  }

  void SetUp() override {
    ASSERT_THAT(client_.Execute("TRUNCATE item").status, IsOk());
  }

  RunOutcome Run(const v1::RunTransactionRequest& request,
                 absl::Duration deadline = GatewayClient::kDeadline) {
    RunOutcome outcome;
    grpc::ClientContext context;
    SetDeadline(context, deadline);
    outcome.status =
        client_.stub().RunTransaction(&context, request, &outcome.response);
    return outcome;
  }

  // A call that fails, leaves nothing behind, and says at which step.
  CallError ExpectFailure(const v1::RunTransactionRequest& request,
                          StatusCode code, v1::ErrorReason reason,
                          const std::string& step) {
    const RunOutcome outcome = Run(request);
    EXPECT_THAT(outcome.status, FailsWith(code, reason));
    const CallError error = CallError::Of(outcome.status);
    EXPECT_EQ(error.Metadata("step"), step) << error;
    EXPECT_EQ(error.Metadata("executed"), "no") << error;
    EXPECT_EQ(Items(), "");
    EXPECT_TRUE(AwaitNothingOpen());
    return error;
  }

  // A caller's own deadline ends the call before the server's has rolled back.
  static bool AwaitNothingOpen() {
    return Await(absl::Seconds(1), [] {
      return stack().Ask(
                 "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' "
                 "AND state <> 'idle'") == "0";
    });
  }

  static std::string Items() {
    return stack().Ask(
        "SELECT string_agg(id || name, ',' ORDER BY id) "
        "FROM item");
  }

  GatewayClient client_ = stack().MakeClient();
};

TEST_F(RunTransactionTest, ReadsWhatACursorOfTheSameNameGives) {
  const auto fetch = [this](const std::string& query) {
    v1::RunTransactionRequest request = NewRequest();
    AddStep(request, "DECLARE c CURSOR FOR " + query);
    AddStep(request, "FETCH 1 FROM c");
    AddStep(request, "FETCH 1 FROM c");
    const RunOutcome outcome = Run(request);
    EXPECT_THAT(outcome.status, IsOk()) << query;
    if (!outcome.status.ok()) return std::string();
    const v1::ResultSet& rows = outcome.response.results(2).result_set();
    return absl::StrCat(rows.columns_size(), " ", FirstText(rows));
  };
  v1::RunTransactionRequest without = NewRequest();
  AddStep(without, "FETCH 1 FROM c");
  EXPECT_FALSE(Run(without).status.ok());
  EXPECT_EQ(fetch("VALUES (1), (2)"), "1 2");
  EXPECT_EQ(fetch("VALUES ('a'::text, 1), ('b', 2)"), "2 b");
}

TEST_F(RunTransactionTest, CommitsAllStepsAndTellsWhatEachGave) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO item VALUES ($1, $2)", {Int(1), Text("a")});
  AddStep(request, "INSERT INTO item VALUES (2, 'b'), (3, 'c') RETURNING id");
  AddStep(request, "UPDATE item SET name = 'z' WHERE id > $1", {Int(5)});
  AddStep(request, "SELECT name FROM item ORDER BY id");
  const RunOutcome outcome = Run(request);
  ASSERT_THAT(outcome.status, IsOk());
  const v1::RunTransactionResponse& response = outcome.response;
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_EQ(response.results(0).command_tag(), "INSERT 0 1");
  EXPECT_THAT(response.results(0).rows_affected(), ElementsAre(1));
  EXPECT_THAT(response.results(1).rows_affected(), ElementsAre(2));
  EXPECT_THAT(response.results(1).result_set().columns(0).int64s().values(),
              ElementsAre(2, 3));
  EXPECT_THAT(response.results(2).rows_affected(), ElementsAre(0));
  EXPECT_THAT(response.results(3).result_set().columns(0).texts().values(),
              ElementsAre("a", "b", "c"));
  EXPECT_EQ(response.summary().rows_affected(), 6);
  EXPECT_EQ(response.summary().attempts(), 1);
  EXPECT_THAT(response.summary().outcome_reference(), Not(IsEmpty()));
  EXPECT_EQ(Items(), "1a,2b,3c");
}

TEST_F(RunTransactionTest, HasNoReferenceWhereNothingWasWritten) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "SELECT 1");
  const RunOutcome outcome = Run(request);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_THAT(outcome.response.summary().outcome_reference(), IsEmpty());
}

TEST_F(RunTransactionTest, RunsAStepOnceForEachRowOfItsColumns) {
  constexpr int kRows = 20'000;
  std::vector<v1::Value> ids;
  std::vector<v1::Value> names;
  for (int i = 0; i < kRows; ++i) {
    ids.push_back(Int(i));
    names.push_back(i % 3 == 0 ? Null() : Text(absl::StrCat("n", i)));
  }
  v1::RunTransactionRequest request = NewRequest();
  v1::Step& step =
      AddStep(request, "INSERT INTO item VALUES ($1, $2) RETURNING id");
  AddColumn(step, ids);
  AddColumn(step, names).set_type("text");
  step.mutable_expectation()->set_exactly(1);
  const RunOutcome outcome = Run(request);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.response.results(0).rows_affected_size(), kRows);
  EXPECT_EQ(outcome.response.results(0).result_set().row_count(), kRows);
  EXPECT_EQ(stack().Ask("SELECT count(*) || ' ' || count(name) || ' ' || "
                        "sum(id) FROM item"),
            "20000 13333 199990000");
}

TEST_F(RunTransactionTest, RunsAStepNeverWhereItsColumnsAreEmpty) {
  v1::RunTransactionRequest request = NewRequest();
  v1::Step& step = AddStep(request, "INSERT INTO item VALUES ($1, 'a')");
  AddColumn(step, {});
  AddStep(request, "INSERT INTO item VALUES (7, 'b')");
  const RunOutcome outcome = Run(request);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.response.results(0).rows_affected_size(), 0);
  EXPECT_EQ(Items(), "7b");
}

TEST_F(RunTransactionTest, HandsAResultOnToLaterSteps) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request,
          "INSERT INTO item VALUES (10, 'ten') RETURNING id, name, NULL::text");
  v1::Step& one = AddStep(request, "INSERT INTO item VALUES ($1 + 1, $2)",
                          {v1::Value(), v1::Value()});
  AddBinding(one, 1, 0, 0);
  AddBinding(one, 2, 0, 1);
  v1::Step& many = AddStep(request, "INSERT INTO item VALUES ($1, $2 || $3)");
  AddColumn(many, {Int(20), Int(21)});
  AddColumn(many, {});
  AddColumn(many, {Text("x"), Text("y")});
  AddBinding(many, 2, 0, 1);
  v1::Step& null =
      AddStep(request, "INSERT INTO item VALUES (30, $1)", {v1::Value()});
  AddBinding(null, 1, 0, 2);
  ASSERT_THAT(Run(request).status, IsOk());
  EXPECT_EQ(Items(), "10ten,11ten,20tenx,21teny");
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item WHERE name IS NULL"), "1");
}

TEST_F(RunTransactionTest, RefusesABindingWithoutARow) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO item VALUES (1, 'a')");
  AddStep(request, "SELECT id FROM item WHERE id = 99");
  v1::Step& step =
      AddStep(request, "INSERT INTO item VALUES ($1, 'b')", {v1::Value()});
  AddBinding(step, 1, 1, 0);
  ExpectFailure(request, StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_BINDING_WITHOUT_ROW, "2");
}

TEST_F(RunTransactionTest, RollsBackWhenAnExpectationIsNotMet) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO item VALUES (1, 'a'), (2, 'b')");
  v1::Step& step = AddStep(request, "UPDATE item SET name = 'c'");
  step.mutable_expectation()->set_exactly(1);
  AddStep(request, "INSERT INTO item VALUES (3, 'c')");
  const CallError error =
      ExpectFailure(request, StatusCode::FAILED_PRECONDITION,
                    v1::ERROR_REASON_EXPECTATION_NOT_MET, "1");
  EXPECT_EQ(error.Metadata("expected"), "exactly 1");
  EXPECT_EQ(error.Metadata("actual"), "2");

  step.mutable_expectation()->set_at_least(3);
  ExpectFailure(request, StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_EXPECTATION_NOT_MET, "1");
  step.mutable_expectation()->set_at_most(1);
  ExpectFailure(request, StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_EXPECTATION_NOT_MET, "1");
  step.mutable_expectation()->set_at_least(2);
  EXPECT_THAT(Run(request).status, IsOk());
}

TEST_F(RunTransactionTest, RollsBackAtAStatementThatFails) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO item VALUES (1, 'a')");
  AddStep(request, "INSERT INTO item VALUES (1, 'b')");
  AddStep(request, "INSERT INTO item VALUES (2, 'c')");
  const CallError error = ExpectFailure(request, StatusCode::ALREADY_EXISTS,
                                        v1::ERROR_REASON_UNIQUE_VIOLATION, "1");
  EXPECT_EQ(error.Metadata("constraint"), "item_pkey");
  EXPECT_EQ(error.Metadata("attempt"), "1");

  request.mutable_steps(1)->mutable_statement()->set_sql("SELEC 1");
  ExpectFailure(request, StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_SYNTAX_ERROR, "1");
  request.mutable_steps(1)->mutable_statement()->set_sql("SELECT * FROM nix");
  ExpectFailure(request, StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_UNDEFINED_OBJECT, "1");
  request.mutable_steps(1)->mutable_statement()->set_sql("SELECT $1::int");
  ExpectFailure(request, StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_PARAMETER_COUNT, "1");
}

TEST_F(RunTransactionTest, FailsAtTheCommitOfADeferredConstraint) {
  ASSERT_THAT(client_
                  .Execute("CREATE TABLE deferred (id int UNIQUE DEFERRABLE "
                           "INITIALLY DEFERRED)")
                  .status,
              IsOk());
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO deferred VALUES (1), (1)");
  ExpectFailure(request, StatusCode::ALREADY_EXISTS,
                v1::ERROR_REASON_UNIQUE_VIOLATION, "");
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM deferred"), "0");
}

// A later step may need what an earlier one makes, be it DDL, a function that
// the gateway can't see through, or a text too long to be kept.
TEST_F(RunTransactionTest, LetsAStepUseWhatAnEarlierOneMade) {
  const std::string padding(20'000, ' ');
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "CREATE TABLE made (id int)");
  AddStep(request, "INSERT INTO made VALUES (1)");
  AddStep(request,
          "DO $$ BEGIN EXECUTE 'CREATE TABLE hidden (id int)'; END $$");
  AddStep(request, "INSERT INTO hidden SELECT id FROM made");
  AddStep(request, absl::StrCat("INSERT INTO item VALUES (1, 'a')", padding));
  AddStep(request, absl::StrCat("INSERT INTO item VALUES (2, 'b')", padding));
  AddStep(request, "SELECT count(*) FROM hidden");
  AddStep(request, "DROP TABLE made, hidden");
  for (int i = 0; i < 2; ++i) {
    const RunOutcome outcome = Run(request);
    ASSERT_THAT(outcome.status, IsOk());
    EXPECT_EQ(FirstText(outcome.response.results(6).result_set()), "1");
    EXPECT_EQ(Items(), "1a,2b");
    ASSERT_THAT(client_.Execute("TRUNCATE item").status, IsOk());
  }
}

TEST_F(RunTransactionTest, GivesTheTransactionItsOptions) {
  v1::RunTransactionRequest request = NewRequest();
  v1::TransactionOptions& options = *request.mutable_transaction();
  options.set_isolation(v1::ISOLATION_LEVEL_SERIALIZABLE);
  options.set_access(v1::TRANSACTION_ACCESS_READ_ONLY);
  options.set_deferrable(true);
  options.mutable_lock_timeout()->set_nanos(70'000'000);
  options.mutable_statement_timeout()->set_seconds(7);
  AddStep(request,
          "SELECT concat_ws(' ', current_setting('transaction_isolation'), "
          "current_setting('transaction_read_only'), "
          "current_setting('transaction_deferrable'), "
          "current_setting('lock_timeout'), "
          "current_setting('statement_timeout'))");
  const RunOutcome outcome = Run(request);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(FirstText(outcome.response.results(0).result_set()),
            "serializable on on 70ms 7s");
  AddStep(request, "INSERT INTO item VALUES (1, 'a')");
  ExpectFailure(request, StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_READ_ONLY, "1");
}

TEST_F(RunTransactionTest, EndsAStatementThatTakesTooLong) {
  v1::RunTransactionRequest request = NewRequest();
  request.mutable_transaction()->mutable_statement_timeout()->set_nanos(
      200'000'000);
  AddStep(request, "INSERT INTO item VALUES (1, 'a')");
  AddStep(request, "SELECT pg_sleep(30)");
  ExpectFailure(request, StatusCode::DEADLINE_EXCEEDED,
                v1::ERROR_REASON_STATEMENT_TIMEOUT, "1");
}

TEST_F(RunTransactionTest, EndsATransactionThatTakesTooLong) {
  v1::RunTransactionRequest request = NewRequest();
  request.mutable_transaction()->mutable_total_timeout()->set_nanos(
      300'000'000);
  AddStep(request, "INSERT INTO item VALUES (1, 'a')");
  AddStep(request, "SELECT pg_sleep(30)");
  const absl::Time start = absl::Now();
  const RunOutcome outcome = Run(request);
  EXPECT_THAT(outcome.status, FailsWith(StatusCode::DEADLINE_EXCEEDED,
                                        v1::ERROR_REASON_TRANSACTION_TIMEOUT));
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  EXPECT_EQ(Items(), "");
}

TEST_F(RunTransactionTest, EndsAtTheDeadlineOfTheCall) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO item VALUES (1, 'a')");
  AddStep(request, "SELECT pg_sleep(30)");
  EXPECT_EQ(Run(request, absl::Milliseconds(300)).status.error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(AwaitNothingOpen());
  EXPECT_EQ(Items(), "");
}

// The limits are of all results together.
TEST_F(RunTransactionTest, RollsBackWhenTheResultsAreTooMuch) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO item VALUES (1, 'a')");
  AddStep(request, "SELECT generate_series(1, 6)");
  AddStep(request, "SELECT generate_series(1, 6)");
  request.mutable_options()->set_max_rows(12);
  EXPECT_THAT(Run(request).status, IsOk());
  ASSERT_THAT(client_.Execute("TRUNCATE item").status, IsOk());
  request.mutable_options()->set_max_rows(11);
  ExpectFailure(request, StatusCode::RESOURCE_EXHAUSTED,
                v1::ERROR_REASON_ROW_LIMIT, "2");
  request.mutable_options()->set_max_rows(0);
  request.mutable_options()->set_max_bytes(40);
  ExpectFailure(request, StatusCode::RESOURCE_EXHAUSTED,
                v1::ERROR_REASON_BYTE_LIMIT, "2");
}

// A stub refuses a longer message, and the caller would not know of the commit.
TEST_F(RunTransactionTest, RollsBackWhenTheReplyIsTooLongForAStub) {
  std::string wide = "SELECT 1 AS ";
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&wide, i == 0 ? "" : ", 1 AS ", "c", i,
                    std::string(55, '_'));
  }
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO item VALUES (1, 'one')");
  AddStep(request, "SELECT repeat('x', 3000000)");
  EXPECT_THAT(Run(request).status, IsOk());
  EXPECT_THAT(client_.Execute("TRUNCATE item").status, IsOk());

  while (request.steps_size() < 20) AddStep(request, wide);
  const RunOutcome outcome = Run(request);
  EXPECT_THAT(outcome.status, FailsWith(StatusCode::RESOURCE_EXHAUSTED,
                                        v1::ERROR_REASON_BYTE_LIMIT));
  EXPECT_EQ(CallError::Of(outcome.status).Metadata("executed"), "no");
  EXPECT_EQ(Items(), "");
}

TEST_F(RunTransactionTest, RefusesWhatIsNoTransaction) {
  const auto refused = [this](const std::string& sql) {
    v1::RunTransactionRequest request = NewRequest();
    AddStep(request, "INSERT INTO item VALUES (1, 'a')");
    AddStep(request, sql);
    ExpectFailure(request, StatusCode::INVALID_ARGUMENT,
                  v1::ERROR_REASON_STATEMENT_NOT_ALLOWED, "1");
  };
  for (const char* sql : {"COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT a",
                          "SET search_path = x", "LISTEN a",
                          "COPY item FROM "
                          "STDIN"}) {
    refused(sql);
  }
}

// Its inner commit is refused by PostgreSQL, since it is in a transaction.
TEST_F(RunTransactionTest, KeepsAProcedureFromCommitting) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO item VALUES (1, 'a')");
  AddStep(request, "DO $$ BEGIN COMMIT; END $$");
  ExpectFailure(request, StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_TRANSACTION_STATE, "1");
}

class BadTransactionTest : public RunTransactionTest {
 protected:
  CallError ExpectInvalid(const v1::RunTransactionRequest& request,
                          const std::string& field, const std::string& step) {
    const CallError error =
        ExpectFailure(request, StatusCode::INVALID_ARGUMENT,
                      v1::ERROR_REASON_INVALID_REQUEST, step);
    EXPECT_EQ(error.Metadata("field"), field) << error;
    return error;
  }
};

TEST_F(BadTransactionTest, RefusesRaggedColumns) {
  v1::RunTransactionRequest request = NewRequest();
  v1::Step& step = AddStep(request, "INSERT INTO item VALUES ($1, $2)");
  AddColumn(step, {Int(1), Int(2)});
  AddColumn(step, {Text("a")});
  const CallError error =
      ExpectFailure(request, StatusCode::INVALID_ARGUMENT,
                    v1::ERROR_REASON_PARAMETER_COLUMNS_RAGGED, "0");
  EXPECT_EQ(error.Metadata("parameter"), "2");
}

TEST_F(BadTransactionTest, RefusesNoStepsAndTooManyOfThem) {
  v1::RunTransactionRequest request = NewRequest();
  ExpectInvalid(request, "steps", "");
  for (int i = 0; i < 21; ++i) AddStep(request, "SELECT 1");
  EXPECT_THAT(ExpectInvalid(request, "steps", "").status.error_message(),
              HasSubstr("limits.max_steps"));
}

TEST_F(BadTransactionTest, RefusesTooManyRowsOfParameters) {
  v1::RunTransactionRequest request = NewRequest();
  v1::Step& step = AddStep(request, "SELECT $1::int");
  AddColumn(step, std::vector<v1::Value>(50'001, Int(1)));
  EXPECT_THAT(ExpectInvalid(request, "steps", "").status.error_message(),
              HasSubstr("limits.max_parameter_rows"));
}

TEST_F(BadTransactionTest, RefusesBindingsThatNameNothing) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "SELECT 1 AS number, ARRAY[1]");
  v1::Step& step =
      AddStep(request, "INSERT INTO item VALUES ($1, 'a')", {v1::Value()});
  AddBinding(step, 2, 0, 0);
  ExpectInvalid(request, "bindings.parameter", "1");
  step.mutable_bindings(0)->set_parameter(1);
  step.mutable_bindings(0)->set_step(1);
  ExpectInvalid(request, "bindings.step", "1");
  step.mutable_bindings(0)->set_step(0);
  step.mutable_bindings(0)->set_column(2);
  ExpectInvalid(request, "bindings", "1");
  step.mutable_bindings(0)->set_column(1);
  ExpectInvalid(request, "bindings", "1");
  step.mutable_bindings(0)->set_column(0);
  *step.mutable_parameters(0) = Int(5);
  ExpectInvalid(request, "parameters", "1");
  *step.mutable_parameters(0) = v1::Value();
  EXPECT_THAT(Run(request).status, IsOk());
}

TEST_F(BadTransactionTest, RefusesOptionsThatAreNone) {
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "SELECT 1");
  request.mutable_transaction()->mutable_total_timeout()->set_seconds(-1);
  ExpectInvalid(request, "transaction.total_timeout", "");
  request.mutable_transaction()->Clear();
  request.mutable_transaction()->set_access(v1::TRANSACTION_ACCESS_READ_ONLY);
  request.set_request_id("a");
  ExpectInvalid(request, "request_id", "");
  request.clear_request_id();
  request.mutable_transaction()->Clear();
  request.mutable_steps(0)->mutable_expectation();
  ExpectInvalid(request, "expectation", "0");
  request.mutable_steps(0)->clear_expectation();
  AddColumn(*request.mutable_steps(0), {Int(1)});
  *request.mutable_steps(0)->add_parameters() = Int(1);
  ExpectInvalid(request, "parameter_columns", "0");
}

}  // namespace
}  // namespace sluice::testing

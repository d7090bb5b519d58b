// Transactions against what is known of statements and types: what is stale is
// found out and looked up again, what is forgotten is closed.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/gateway_client.h"
#include "tests/support/sql_session.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using grpc::StatusCode;

constexpr absl::Duration kLimit = absl::Seconds(20);

v1::Step& AddStep(v1::RunTransactionRequest& request, const std::string& sql) {
  v1::Step& step = *request.add_steps();
  step.mutable_statement()->set_sql(sql);
  return step;
}

class TransactionPlanTest : public StackTest<TransactionPlanTest> {
 protected:
  friend class StackTest<TransactionPlanTest>;

  // One connection, so that it is known what that has prepared.
  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"pool.max_connections", "1"},
                       {"pool.min_connections", "1"},
                       {"pool.max_prepared_statements", "2"},
                       {"concurrency.worker_pairs", "1"}};
    return options;
  }

  void Execute(const std::string& sql) {
    EXPECT_THAT(client_.Execute(sql).status, IsOk()) << sql;
  }

  Outcome<v1::RunTransactionResponse> Run(
      const v1::RunTransactionRequest& request) {
    Outcome<v1::RunTransactionResponse> outcome;
    grpc::ClientContext context;
    SetDeadline(context, GatewayClient::kDeadline);
    outcome.status =
        client_.stub().RunTransaction(&context, request, &outcome.response);
    return outcome;
  }

  GatewayClient client_ = stack().MakeClient();
};

v1::RunTransactionRequest NewRequest() {
  v1::RunTransactionRequest request;
  request.set_database("app");
  return request;
}

TEST_F(TransactionPlanTest, ClosesTheStatementsThatItForgets) {
  for (int i = 0; i < 30; ++i) {
    v1::RunTransactionRequest request = NewRequest();
    for (int step = 0; step < 4; ++step) {
      AddStep(request, absl::StrCat("SELECT ", i, " + ", step));
    }
    ASSERT_THAT(Run(request).status, IsOk());
  }
  const ExecuteOutcome prepared = client_.Execute(
      "SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql");
  ASSERT_THAT(prepared.status, IsOk());
  // Those of the last transaction are closed with the next.
  EXPECT_LT(prepared.response.result_set().columns(0).int64s().values(0), 12);
}

TEST_F(TransactionPlanTest, CallThatHasEndedDoesNotGoOnWaitingToBeParsed) {
  Execute("CREATE TABLE shut (n int)");
  absl::StatusOr<SqlSession> session = stack().postgres().Connect("app", "app");
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Execute("BEGIN; LOCK TABLE shut").ok());
  EXPECT_EQ(client_
                .Execute(MakeExecute("INSERT INTO shut VALUES (1)"),
                         absl::Milliseconds(300))
                .status.error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Await(kLimit, [] {
    return stack().Ask(
               "SELECT count(*) FROM pg_stat_activity "
               "WHERE wait_event_type = 'Lock'") == "0";
  }));
  ASSERT_TRUE(session->Execute("ROLLBACK").ok());
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM shut"), "0");
}

TEST_F(TransactionPlanTest, FollowsATypeThatIsMadeAnew) {
  for (const char* label : {"one", "two"}) {
    stack().Ask(absl::StrCat("CREATE TYPE fresh AS ENUM ('", label, "')"));
    v1::RunTransactionRequest request = NewRequest();
    *AddStep(request, absl::StrCat("SELECT $1, '", label, "'"))
         .add_parameters() = Typed(Text(label), "fresh");
    EXPECT_THAT(Run(request).status, IsOk()) << label;
    stack().Ask("DROP TYPE fresh");
  }
}

TEST_F(TransactionPlanTest, FollowsACompositeThatIsAltered) {
  Execute("CREATE TYPE shape AS (a int)");
  Execute("CREATE TABLE drawn (shape shape)");
  const std::string sql =
      "INSERT INTO drawn VALUES (ROW(1)::shape) RETURNING shape";
  EXPECT_THAT(client_.Execute(sql).status, IsOk());
  stack().Ask("ALTER TYPE shape ADD ATTRIBUTE b int CASCADE");
  // Not the same text: only what is known of the type is stale.
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "INSERT INTO drawn VALUES (ROW(1, 2)) RETURNING shape");
  const Outcome<v1::RunTransactionResponse> outcome = Run(request);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.response.results(0)
                .result_set()
                .columns(0)
                .composites()
                .fields_size(),
            2);
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM drawn"), "2");
}

TEST_F(TransactionPlanTest, FollowsASearchPathThatIsSetWithinIt) {
  Execute("CREATE TABLE place (here int)");
  stack().Ask(
      "CREATE SCHEMA other; CREATE TABLE other.place (there text); "
      "INSERT INTO other.place VALUES ('x'); "
      "GRANT ALL ON SCHEMA other TO app; GRANT ALL ON other.place TO app");
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "SET LOCAL search_path = other");
  AddStep(request, "SELECT * FROM place");
  v1::RunTransactionRequest by_function = NewRequest();
  AddStep(by_function, "SELECT set_config('search_path', 'other', true)");
  AddStep(by_function, "SELECT * FROM place");
  for (const auto& one : {request, by_function}) {
    const Outcome<v1::RunTransactionResponse> outcome = Run(one);
    ASSERT_THAT(outcome.status, IsOk());
    EXPECT_EQ(
        outcome.response.results(1).result_set().columns(0).texts().values(0),
        "x");
  }
}

TEST_F(TransactionPlanTest, NoticesOfAllStatementsAreBounded) {
  Execute(
      "CREATE FUNCTION say(times int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN "
      "FOR i IN 1..times LOOP RAISE NOTICE 'said'; END LOOP; RETURN 1; "
      "END $$");
  v1::RunTransactionRequest request = NewRequest();
  // Each result is taken by the next step, so each is a round trip.
  for (int i = 0; i < 4; ++i) {
    v1::Step& step = AddStep(request, "SELECT say(60 * $1::int)");
    v1::Value& parameter = *step.add_parameters();
    if (i == 0) {
      parameter = Int(1);
    } else {
      v1::ParameterBinding& binding = *step.add_bindings();
      binding.set_parameter(1);
      binding.set_step(static_cast<uint32_t>(i) - 1);
    }
  }
  const Outcome<v1::RunTransactionResponse> outcome = Run(request);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.response.summary().notices_size(), 100);
}

TEST_F(TransactionPlanTest, TellsTheFirstStepThatFailsHoweverItsRunsTravel) {
  Execute("CREATE TABLE thing (id int PRIMARY KEY)");
  v1::RunTransactionRequest request = NewRequest();
  AddStep(request, "UPDATE thing SET id = id WHERE id = 7")
      .mutable_expectation()
      ->set_exactly(1);
  AddStep(request, "INSERT INTO thing VALUES (NULL)");
  const grpc::Status status = Run(request).status;
  EXPECT_THAT(status, FailsWith(StatusCode::FAILED_PRECONDITION,
                                v1::ERROR_REASON_EXPECTATION_NOT_MET));
  EXPECT_EQ(CallError::Of(status).Metadata("step"), "0");
}

}  // namespace
}  // namespace sluice::testing

// Calls with a request id take place once: replays, other content, calls at
// once, records that are absent, and what is kept of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::grpc::StatusCode;

constexpr absl::Duration kLimit = absl::Seconds(20);

v1::Value Number(int64_t number) {
  v1::Value value;
  value.set_int64_value(number);
  return value;
}

v1::ExecuteRequest Once(const std::string& id, const std::string& sql,
                        const std::vector<v1::Value>& parameters = {}) {
  v1::ExecuteRequest request = MakeExecute(sql, parameters);
  request.set_request_id(id);
  return request;
}

constexpr char kInsert[] = "INSERT INTO item VALUES ($1) RETURNING id, note";

v1::RunTransactionRequest OnceTransaction(const std::string& id,
                                          std::initializer_list<int> numbers) {
  v1::RunTransactionRequest request;
  request.set_database("app");
  request.set_request_id(id);
  for (const int number : numbers) {
    v1::Step& step = *request.add_steps();
    step.mutable_statement()->set_sql(kInsert);
    *step.add_parameters() = Number(number);
  }
  return request;
}

Outcome<v1::RunTransactionResponse> RunOnce(
    GatewayClient& client, const v1::RunTransactionRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context, kLimit);
  Outcome<v1::RunTransactionResponse> outcome;
  outcome.status =
      client.stub().RunTransaction(&context, request, &outcome.response);
  return outcome;
}

// A replay is the first answer, but for saying that it is one.
template <typename Response>
void ExpectReplay(const Outcome<Response>& replay, Response first) {
  ASSERT_THAT(replay.status, IsOk());
  EXPECT_FALSE(first.summary().replayed());
  first.mutable_summary()->set_replayed(true);
  EXPECT_TRUE(MessageDifferencer::Equals(replay.response, first))
      << replay.response.ShortDebugString() << "\n"
      << first.ShortDebugString();
}

class RequestIdTest : public StackTest<RequestIdTest> {
 protected:
  friend class StackTest<RequestIdTest>;

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    ASSERT_THAT(
        client.Execute("CREATE TABLE item (id int, note text DEFAULT 'new')")
            .status,
        IsOk());
  }

  void SetUp() override {
    ASSERT_THAT(client_.Execute("TRUNCATE item").status, IsOk());
    stack().Ask("TRUNCATE sluice.request");
  }

  static std::string Count(const std::string& condition = "true") {
    return stack().Ask("SELECT count(*) FROM item WHERE " + condition);
  }
  static std::string RecordCount(const std::string& condition = "true") {
    return stack().Ask("SELECT count(*) FROM sluice.request WHERE " +
                       condition);
  }

  GatewayClient client_ = stack().MakeClient();
};

TEST_F(RequestIdTest, RepeatedExecuteIsAnsweredAsTheFirstTime) {
  const v1::ExecuteRequest request = Once("a", kInsert, {Number(7)});
  const ExecuteOutcome first = client_.Execute(request);
  ASSERT_THAT(first.status, IsOk());
  EXPECT_EQ(first.response.summary().command_tag(), "INSERT 0 1");
  EXPECT_EQ(FirstText(first.response.result_set()), "7");
  EXPECT_FALSE(first.response.summary().outcome_reference().empty());
  for (int i = 0; i < 3; ++i) {
    ExpectReplay(client_.Execute(request), first.response);
  }
  EXPECT_EQ(Count(), "1");
  EXPECT_THAT(
      client_
          .GetTransactionOutcome(first.response.summary().outcome_reference())
          .response.outcome(),
      v1::TRANSACTION_OUTCOME_COMMITTED);
}

TEST_F(RequestIdTest, RepeatedTransactionIsAnsweredAsTheFirstTime) {
  const v1::RunTransactionRequest request = OnceTransaction("a", {1, 2, 3});
  const auto first = RunOnce(client_, request);
  ASSERT_THAT(first.status, IsOk());
  EXPECT_EQ(first.response.results_size(), 3);
  EXPECT_EQ(first.response.summary().rows_affected(), 3);
  ExpectReplay(RunOnce(client_, request), first.response);
  EXPECT_EQ(Count(), "3");
}

TEST_F(RequestIdTest, AnotherInstanceReplaysToo) {
  const v1::ExecuteRequest request = Once("a", kInsert, {Number(7)});
  const ExecuteOutcome first = client_.Execute(request);
  ASSERT_THAT(first.status, IsOk());
  const auto other = stack().StartGateway({});
  ASSERT_TRUE(other.ok()) << other.status();
  ExpectReplay(stack().MakeClient(**other).Execute(request), first.response);
  EXPECT_EQ(Count(), "1");
}

TEST_F(RequestIdTest, WithoutAnIdEachCallTakesPlace) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(client_.Execute(kInsert, {Number(7)}).status, IsOk());
  }
  EXPECT_EQ(Count(), "2");
  EXPECT_EQ(RecordCount(), "0");
}

TEST_F(RequestIdTest, LabelMayDiffer) {
  v1::ExecuteRequest request = Once("a", kInsert, {Number(7)});
  request.mutable_options()->set_tag("first");
  ASSERT_THAT(client_.Execute(request).status, IsOk());
  request.mutable_options()->set_tag("second");
  const ExecuteOutcome replay = client_.Execute(request);
  ASSERT_THAT(replay.status, IsOk());
  EXPECT_TRUE(replay.response.summary().replayed());
}

TEST_F(RequestIdTest, OtherContentIsRefused) {
  ASSERT_THAT(client_.Execute(Once("a", kInsert, {Number(7)})).status, IsOk());
  v1::ExecuteRequest with_limit = Once("a", kInsert, {Number(7)});
  with_limit.mutable_options()->set_max_rows(5);
  for (const v1::ExecuteRequest& other :
       {Once("a", kInsert, {Number(8)}),
        Once("a", "INSERT INTO item VALUES ($1)", {Number(7)}), with_limit}) {
    const grpc::Status status = client_.Execute(other).status;
    EXPECT_THAT(status, FailsWith(StatusCode::ALREADY_EXISTS,
                                  v1::ERROR_REASON_REQUEST_ID_REUSED));
    EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
    EXPECT_EQ(CallError::Of(status).Metadata("field"), "request_id");
  }
  EXPECT_THAT(RunOnce(client_, OnceTransaction("a", {7})).status,
              FailsWith(StatusCode::ALREADY_EXISTS,
                        v1::ERROR_REASON_REQUEST_ID_REUSED));
  EXPECT_EQ(Count(), "1");
}

TEST_F(RequestIdTest, CallThatFailedLeavesItsIdFree) {
  EXPECT_THAT(
      client_.Execute(Once("a", "INSERT INTO item VALUES (1/0)")).status,
      FailsWith(StatusCode::INVALID_ARGUMENT, v1::ERROR_REASON_DATA_INVALID));
  v1::RunTransactionRequest unmet = OnceTransaction("a", {1, 2});
  unmet.mutable_steps(1)->mutable_expectation()->set_exactly(5);
  EXPECT_THAT(RunOnce(client_, unmet).status,
              FailsWith(StatusCode::FAILED_PRECONDITION,
                        v1::ERROR_REASON_EXPECTATION_NOT_MET));
  EXPECT_EQ(RecordCount(), "0");
  const ExecuteOutcome outcome =
      client_.Execute(Once("a", kInsert, {Number(7)}));
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_FALSE(outcome.response.summary().replayed());
  EXPECT_EQ(Count(), "1");
}

TEST_F(RequestIdTest, AppsDoNotShareIds) {
  stack().Ask(
      "INSERT INTO sluice.request (app, id, digest, reply) "
      "VALUES ('other', 'a', 'x', '')");
  ASSERT_THAT(client_.Execute(Once("a", kInsert, {Number(7)})).status, IsOk());
  EXPECT_EQ(RecordCount("app = 'app' AND id = 'a'"), "1");
  EXPECT_EQ(Count(), "1");

  // The same call of two apps that use one database.
  GatewayOptions options = stack().gateway_options();
  options.apps[1].databases.push_back("app");
  auto gateway = GatewayProcess::Start(options);
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient app = stack().MakeClient(**gateway);
  GatewayClient spare(stack().client_options("spare", (*gateway)->port()));
  for (const bool again : {false, true}) {
    for (GatewayClient* client : {&app, &spare}) {
      const ExecuteOutcome outcome =
          client->Execute(Once("b", kInsert, {Number(8)}));
      ASSERT_THAT(outcome.status, IsOk());
      EXPECT_EQ(outcome.response.summary().replayed(), again);
    }
  }
  EXPECT_EQ(Count(), "3");
}

TEST_F(RequestIdTest, CallsAtOnceTakePlaceOnce) {
  constexpr int kIds = 20;
  constexpr int kCallers = 8;
  std::vector<std::thread> callers;
  std::atomic<int> firsts{0};
  std::atomic<int> replays{0};
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&] {
      GatewayClient client = stack().MakeClient();
      for (int i = 0; i < kIds; ++i) {
        const ExecuteOutcome outcome =
            client.Execute(Once(absl::StrCat("id-", i), kInsert, {Number(i)}));
        ASSERT_THAT(outcome.status, IsOk());
        EXPECT_EQ(FirstText(outcome.response.result_set()), absl::StrCat(i));
        (outcome.response.summary().replayed() ? replays : firsts).fetch_add(1);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(firsts.load(), kIds);
  EXPECT_EQ(replays.load(), kIds * (kCallers - 1));
  EXPECT_EQ(Count(), absl::StrCat(kIds));
}

// The isolation levels differ in what a second insert of a key is told.
TEST_F(RequestIdTest, TransactionsAtOnceTakePlaceOnceAtEveryIsolation) {
  constexpr int kCallers = 6;
  for (const v1::IsolationLevel isolation :
       {v1::ISOLATION_LEVEL_READ_COMMITTED, v1::ISOLATION_LEVEL_REPEATABLE_READ,
        v1::ISOLATION_LEVEL_SERIALIZABLE}) {
    for (int round = 0; round < 5; ++round) {
      v1::RunTransactionRequest request =
          OnceTransaction(absl::StrCat(isolation, "-", round), {round});
      request.mutable_transaction()->set_isolation(isolation);
      std::vector<std::thread> callers;
      std::atomic<int> replays{0};
      for (int caller = 0; caller < kCallers; ++caller) {
        callers.emplace_back([&] {
          GatewayClient client = stack().MakeClient();
          const auto outcome = RunOnce(client, request);
          EXPECT_THAT(outcome.status, IsOk());
          if (outcome.response.summary().replayed()) replays.fetch_add(1);
        });
      }
      for (std::thread& caller : callers) caller.join();
      EXPECT_EQ(replays.load(), kCallers - 1) << isolation;
    }
  }
  EXPECT_EQ(Count(), "15");
}

TEST_F(RequestIdTest, WaitsForTheEndOfACallWithTheSameId) {
  absl::StatusOr<SqlSession> session = stack().postgres().Connect("app", "app");
  ASSERT_TRUE(session.ok()) << session.status();
  for (const char* end : {"ROLLBACK", "COMMIT"}) {
    ASSERT_TRUE(session->Execute("BEGIN").ok());
    ASSERT_TRUE(
        session->Execute("SELECT sluice.claim_request('app', 'a', 'x')").ok());
    grpc::Status status;
    std::thread caller([&] {
      status = client_.Execute(Once("a", kInsert, {Number(7)})).status;
    });
    EXPECT_TRUE(Await(kLimit, [] {
      return stack().Ask(
                 "SELECT count(*) FROM pg_stat_activity "
                 "WHERE wait_event = 'transactionid'") == "1";
    }));
    ASSERT_TRUE(session->Execute(end).ok());
    caller.join();
    if (std::string(end) == "ROLLBACK") {
      EXPECT_THAT(status, IsOk());
      stack().Ask("TRUNCATE sluice.request");
    } else {
      EXPECT_THAT(status, FailsWith(StatusCode::ALREADY_EXISTS,
                                    v1::ERROR_REASON_REQUEST_ID_REUSED));
    }
  }
  EXPECT_EQ(Count(), "1");
}

TEST_F(RequestIdTest, DeadlineEndsTheWaitForACallWithTheSameId) {
  absl::StatusOr<SqlSession> session = stack().postgres().Connect("app", "app");
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Execute("BEGIN").ok());
  ASSERT_TRUE(
      session->Execute("SELECT sluice.claim_request('app', 'a', 'x')").ok());
  EXPECT_EQ(
      client_.Execute(Once("a", kInsert, {Number(7)}), absl::Milliseconds(300))
          .status.error_code(),
      StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Await(kLimit, [] {
    return stack().Ask(
               "SELECT count(*) FROM pg_stat_activity "
               "WHERE wait_event = 'transactionid'") == "0";
  }));
  EXPECT_EQ(Count(), "0");
}

TEST_F(RequestIdTest, IdMustBeShortAndPrintable) {
  for (const std::string& id :
       {std::string(129, 'x'), std::string("a\n"), std::string("\xc3\xa9"),
        std::string("a\0b", 3)}) {
    EXPECT_THAT(client_.Execute(Once(id, kInsert, {Number(7)})).status,
                FailsWith(StatusCode::INVALID_ARGUMENT,
                          v1::ERROR_REASON_INVALID_REQUEST));
    EXPECT_THAT(RunOnce(client_, OnceTransaction(id, {7})).status,
                FailsWith(StatusCode::INVALID_ARGUMENT,
                          v1::ERROR_REASON_INVALID_REQUEST));
  }
  for (const std::string& id : {std::string(128, '~'), std::string("a b'\"")}) {
    EXPECT_THAT(client_.Execute(Once(id, kInsert, {Number(7)})).status, IsOk());
  }
}

TEST_F(RequestIdTest, StatementsOutsideTransactionsHaveNone) {
  for (const char* sql : {"VACUUM item", "DO $$ BEGIN END $$",
                          "CREATE INDEX CONCURRENTLY ON item (id)"}) {
    const grpc::Status status = client_.Execute(Once("a", sql)).status;
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << sql;
    EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no") << sql;
  }
  EXPECT_EQ(RecordCount(), "0");
}

TEST_F(RequestIdTest, LargeRepliesAreKeptWhole) {
  const v1::ExecuteRequest request =
      Once("a",
           "INSERT INTO item SELECT i, repeat('x', 1000) "
           "FROM generate_series(1, 2000) AS i RETURNING id, note");
  const ExecuteOutcome first = client_.Execute(request);
  ASSERT_THAT(first.status, IsOk());
  EXPECT_EQ(first.response.result_set().row_count(), 2000u);
  ExpectReplay(client_.Execute(request), first.response);
  EXPECT_EQ(Count(), "2000");
}

TEST_F(RequestIdTest, RecordsOlderThanADayAreDeleted) {
  stack().Ask(
      "INSERT INTO sluice.request (app, id, digest, reply, created_at) "
      "SELECT 'app', 'old-' || i, 'x', '', now() - interval '25 hours' "
      "FROM generate_series(1, 2500) AS i");
  stack().Ask(
      "INSERT INTO sluice.request (app, id, digest, reply, created_at) "
      "VALUES ('app', 'young', 'x', '', now() - interval '23 hours')");
  const auto gateway = stack().StartGateway({});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  ASSERT_THAT(stack()
                  .MakeClient(**gateway)
                  .Execute(Once("new", kInsert, {Number(7)}))
                  .status,
              IsOk());
  EXPECT_TRUE(
      Await(kLimit, [] { return RecordCount("id LIKE 'old-%'") == "0"; }));
  EXPECT_EQ(RecordCount(), "2");
}

class NoRequestIdTest : public StackTest<NoRequestIdTest> {
 protected:
  friend class StackTest<NoRequestIdTest>;

  static StackOptions Options() {
    StackOptions options;
    options.served_schema = ServedSchema::kMissing;
    return options;
  }

  GatewayClient client_ = stack().MakeClient();
};

TEST_F(NoRequestIdTest, DatabaseThatKeepsNoRecordsSaysSo) {
  ASSERT_THAT(client_.Execute("CREATE TABLE item (id int, note text)").status,
              IsOk());
  const auto expect_refusal = [this] {
    for (const grpc::Status& status :
         {client_.Execute(Once("a", kInsert, {Number(7)})).status,
          RunOnce(client_, OnceTransaction("a", {7})).status}) {
      EXPECT_THAT(status, FailsWith(StatusCode::FAILED_PRECONDITION,
                                    v1::ERROR_REASON_REQUEST_ID_UNAVAILABLE));
      EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
    }
  };
  expect_refusal();
  // A schema of that name without the functions, then functions that the role
  // may not call.
  stack().Ask("CREATE SCHEMA sluice");
  expect_refusal();
  stack().Ask("GRANT USAGE ON SCHEMA sluice TO app");
  expect_refusal();
  stack().Ask(
      "CREATE FUNCTION sluice.claim_request(text, text, bytea) RETURNS void "
      "LANGUAGE sql AS ''");
  stack().Ask("REVOKE ALL ON FUNCTION sluice.claim_request FROM PUBLIC");
  expect_refusal();
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "0");
  EXPECT_THAT(client_.Execute(kInsert, {Number(7)}).status, IsOk());
}

}  // namespace
}  // namespace sluice::testing

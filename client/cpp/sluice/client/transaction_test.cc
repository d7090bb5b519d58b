#include "sluice/client/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sluice/client/test_told_tokens.h"
#include "sluice/client/test_transact_gateway.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class TransactionTest : public ::testing::Test {
 protected:
  Transaction Begin(const CallOptions& options = {}) {
    absl::StatusOr<Transaction> transaction = client_.Begin({}, options);
    EXPECT_TRUE(transaction.ok()) << transaction.status();
    gateway_.log.clear();
    return *std::move(transaction);
  }

  // Whether the gateway has let go of every transaction, soon.
  bool AwaitClosed() {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (gateway_.open_count > 0 && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    return gateway_.open_count == 0;
  }

  TransactGateway gateway_;
  const Client client_ = gateway_.MakeClient();
};

std::string OnlyText(const absl::StatusOr<Rows>& rows) {
  if (!rows.ok()) return std::string(rows.status().message());
  const absl::StatusOr<Row> row = rows->only_row();
  return row.ok() ? *row->get<std::string>(0) : "not one row";
}

v1::ErrorReason ReasonOf(const absl::Status& status) {
  return ErrorDetails::From(status).reason;
}

TEST_F(TransactionTest, SendsItsOptionsWithItsBegin) {
  const absl::StatusOr<Transaction> transaction =
      client_.Begin({.isolation = kSerializable,
                     .access = kReadOnly,
                     .deferrable = true,
                     .statement_timeout = absl::Milliseconds(1500),
                     .lock_timeout = absl::ZeroDuration(),
                     .idle_timeout = absl::Seconds(2),
                     .total_timeout = absl::InfiniteDuration()},
                    {.tag = "t"});
  ASSERT_TRUE(transaction.ok()) << transaction.status();
  EXPECT_THAT(
      gateway_.log,
      ElementsAre(ParseText<v1::TransactRequest>(
                      "begin { database: 'app' tag: 't' transaction {"
                      "  isolation: ISOLATION_LEVEL_SERIALIZABLE"
                      "  access: TRANSACTION_ACCESS_READ_ONLY deferrable: true"
                      "  statement_timeout { seconds: 1 nanos: 500000000 }"
                      "  lock_timeout { } idle_timeout { seconds: 2 }"
                      "  total_timeout { seconds: 315576000000 } } }")
                      .ShortDebugString()));
}

TEST_F(TransactionTest, TakesPlaceWithItsCommit) {
  Transaction transaction = Begin();
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ACTIVE);
  EXPECT_EQ(OnlyText(transaction.Query("value a", 7)), "a");
  const absl::StatusOr<CommitReceipt> receipt = transaction.Commit();
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->outcome_reference, "the reference");
  EXPECT_EQ(receipt->consistency_token, "the token");
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_COMMITTED);
  EXPECT_TRUE(transaction.Commit().ok()) << "a second time";
  EXPECT_TRUE(absl::IsFailedPrecondition(transaction.Execute("x").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(transaction.Rollback()));
  EXPECT_TRUE(AwaitClosed());
  EXPECT_FALSE(gateway_.was_cancelled);
  EXPECT_THAT(
      gateway_.log,
      ElementsAre(HasSubstr("parameters { int64_value: 7 }"), "commit { }"));
}

TEST_F(TransactionTest, SendsTheLimitsOfAStatement) {
  Transaction transaction = Begin();
  ASSERT_TRUE(
      transaction
          .Execute(Statement("x"), {.max_rows = 1,
                                    .max_bytes = 2,
                                    .max_value_bytes = 3,
                                    .on_limit = v1::LIMIT_ACTION_TRUNCATE})
          .ok());
  EXPECT_THAT(gateway_.log.at(0),
              HasSubstr("options { max_rows: 1 max_bytes: 2 on_limit: "
                        "LIMIT_ACTION_TRUNCATE max_value_bytes: 3 }"));
}

TEST_F(TransactionTest, IsCancelledWhenItIsDropped) {
  { Transaction transaction = Begin(); }
  EXPECT_TRUE(AwaitClosed());
  Transaction other = Begin();
  other = Begin();
  EXPECT_TRUE(other.Execute("x").ok());
  EXPECT_TRUE(other.Rollback().ok());
  EXPECT_EQ(other.state(), v1::TRANSACTION_STATE_ROLLED_BACK);
  EXPECT_TRUE(absl::IsFailedPrecondition(other.Commit().status()));
  EXPECT_TRUE(AwaitClosed());
}

TEST_F(TransactionTest, TellsWhatFailedIt) {
  Transaction transaction = Begin();
  const absl::Status error = transaction.Execute("fail DEADLOCK").status();
  EXPECT_EQ(error.code(), absl::StatusCode::kAborted);
  const ErrorDetails details = ErrorDetails::From(error);
  EXPECT_EQ(details.reason, v1::ERROR_REASON_DEADLOCK);
  EXPECT_EQ(details.executed(), Executed::kNo);
  EXPECT_EQ(details.postgres->sqlstate(), "40001");
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_FAILED);
  EXPECT_EQ(ReasonOf(transaction.Execute("x").status()),
            v1::ERROR_REASON_TRANSACTION_FAILED);
  EXPECT_EQ(transaction.failure(), error);
  EXPECT_EQ(transaction.Commit().status(), error);
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ROLLED_BACK);
  EXPECT_EQ(transaction.Commit().status(), error) << "a second time";
}

TEST_F(TransactionTest, DoesNotLoseAnErrorThatNobodyLookedAt) {
  Transaction transaction = Begin();
  transaction.Send("fail DEADLOCK");
  transaction.Send("x");
  EXPECT_EQ(ReasonOf(transaction.Commit().status()), v1::ERROR_REASON_DEADLOCK);
}

TEST_F(TransactionTest, IsFailedByAStatementThatCanNotBeSent) {
  Transaction transaction = Begin();
  {
    Savepoint savepoint = transaction.OpenSavepoint();
    transaction.Send("x", absl::InfiniteDuration());
    EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_FAILED);
    EXPECT_TRUE(absl::IsAborted(transaction.Execute("y").status()));
  }
  EXPECT_TRUE(transaction.Execute("y").ok()) << "mended by the savepoint";
  EXPECT_TRUE(absl::IsInvalidArgument(
      transaction
          .ExecuteAll(
              {Statement("z"), Statement("x", absl::InfiniteDuration())})
          .status()));
  { Savepoint savepoint = transaction.OpenSavepoint(); }
  EXPECT_TRUE(absl::IsInvalidArgument(transaction.Commit().status()));
  EXPECT_THAT(gateway_.log,
              ElementsAre(HasSubstr("savepoint"), HasSubstr("rollback_to"),
                          HasSubstr("release"), HasSubstr("sql: \"y\""),
                          "rollback { }"));
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ROLLED_BACK);
}

TEST_F(TransactionTest, ResultsOfStatementsSentAheadComeInAnyOrder) {
  Transaction transaction = Begin();
  PendingRows one = transaction.Send("value one");
  PendingRows two = transaction.Send("value two");
  PendingRows three = transaction.Send("value three");
  EXPECT_EQ(OnlyText(two.Await()), "two");
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(OnlyText(three.Await()), "three");
  EXPECT_EQ(OnlyText(one.Await()), "one");
  EXPECT_EQ(OnlyText(one.Await()), "one") << "a second time";
}

TEST_F(TransactionTest, RunsManyStatementsAtOnce) {
  Transaction transaction = Begin();
  const absl::StatusOr<std::vector<Rows>> results = transaction.ExecuteAll(
      {Statement("value one"), Statement("x"), Statement("value two")});
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_THAT(*results, SizeIs(3));
  EXPECT_EQ(OnlyText(results->at(2)), "two");
  EXPECT_EQ(ReasonOf(transaction
                         .ExecuteAll({Statement("x"),
                                      Statement("fail LOCK_NOT_AVAILABLE"),
                                      Statement("y")})
                         .status()),
            v1::ERROR_REASON_LOCK_NOT_AVAILABLE);
}

// More is under way in both directions than gRPC buffers: the gateway does not
// read on before its replies are read.
TEST_F(TransactionTest, SendsAheadWithoutALimit) {
  Transaction transaction = Begin();
  const std::string text(100'000, 'x');
  constexpr int kCount = 400;
  std::vector<PendingRows> pending;
  pending.reserve(kCount);
  for (int i = 0; i < kCount; ++i) {
    pending.push_back(transaction.Send("value " + text));
  }
  for (PendingRows& rows : pending) {
    ASSERT_EQ(OnlyText(rows.Await()), text);
  }
  EXPECT_TRUE(transaction.Commit().ok());
}

TEST_F(TransactionTest, PendingRowsMayOutliveIt) {
  auto transaction = std::make_unique<Transaction>(Begin());
  PendingRows answered = transaction->Send("value one");
  ASSERT_TRUE(transaction->Execute("x").ok());
  PendingRows unanswered = transaction->Send("wait");
  Savepoint savepoint = transaction->OpenSavepoint();
  transaction.reset();
  EXPECT_EQ(OnlyText(answered.Await()), "one");
  EXPECT_TRUE(absl::IsCancelled(unanswered.Await().status()));
  EXPECT_TRUE(AwaitClosed());
}

TEST_F(TransactionTest, SavepointsUndoWhatIsNotReleased) {
  Transaction transaction = Begin();
  {
    Savepoint savepoint = transaction.OpenSavepoint();
    EXPECT_FALSE(transaction.Execute("fail UNIQUE_VIOLATION").ok());
    EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_FAILED);
  }
  EXPECT_TRUE(transaction.Execute("x").ok());
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ACTIVE);
  EXPECT_TRUE(transaction.failure().ok());
  {
    Savepoint savepoint = transaction.OpenSavepoint();
    Savepoint moved = std::move(savepoint);
    moved.Release();
    moved.Release();
    moved.RollBack();
  }
  EXPECT_TRUE(transaction.Commit().ok());
  EXPECT_THAT(
      gateway_.log,
      ElementsAre("savepoint { name: \"sluice_2\" }", HasSubstr("fail"),
                  "rollback_to { name: \"sluice_2\" }",
                  "release { name: \"sluice_2\" }", HasSubstr("sql: \"x\""),
                  "savepoint { name: \"sluice_7\" }",
                  "release { name: \"sluice_7\" }", "commit { }"));
}

TEST_F(TransactionTest, ARollbackForgetsTheSavepointsBehindIt) {
  Transaction transaction = Begin();
  {
    Savepoint outer = transaction.OpenSavepoint();
    Savepoint inner = transaction.OpenSavepoint();
    outer.RollBack();
    outer.RollBack();
    outer.Release();
  }
  EXPECT_TRUE(transaction.Commit().ok());
  EXPECT_THAT(gateway_.log,
              ElementsAre("savepoint { name: \"sluice_2\" }",
                          "savepoint { name: \"sluice_3\" }",
                          "rollback_to { name: \"sluice_2\" }",
                          "rollback_to { name: \"sluice_2\" }",
                          "release { name: \"sluice_2\" }", "commit { }"));
}

TEST_F(TransactionTest, TakesSavepointsByNamesOfTheCallers) {
  Transaction transaction = Begin();
  EXPECT_TRUE(transaction.SetSavepoint("a b").ok());
  EXPECT_FALSE(transaction.Execute("fail UNIQUE_VIOLATION").ok());
  EXPECT_EQ(ReasonOf(transaction.SetSavepoint("c")),
            v1::ERROR_REASON_TRANSACTION_FAILED);
  EXPECT_TRUE(transaction.RollBackTo("a b").ok());
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ACTIVE);
  EXPECT_TRUE(transaction.ReleaseSavepoint("a b").ok());
  EXPECT_TRUE(transaction.Commit().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(transaction.SetSavepoint("late")));
  EXPECT_THAT(
      gateway_.log,
      ElementsAre("savepoint { name: \"a b\" }", HasSubstr("fail"),
                  "savepoint { name: \"c\" }", "rollback_to { name: \"a b\" }",
                  "release { name: \"a b\" }", "commit { }"));
}

TEST_F(TransactionTest, StreamsRowsBetweenItsStatements) {
  Transaction transaction = Begin();
  PendingRows before = transaction.Send("value before");
  absl::StatusOr<RowStream> stream = transaction.QueryStream("rows 5");
  ASSERT_TRUE(stream.ok()) << stream.status();
  int64_t sum = 0;
  for (const auto& row : stream->as<int64_t>()) {
    ASSERT_TRUE(row.ok()) << row.status();
    sum += std::get<0>(*row);
    // Nothing of it reaches the gateway.
    EXPECT_TRUE(absl::IsFailedPrecondition(transaction.Query("x").status()));
    EXPECT_TRUE(
        absl::IsFailedPrecondition(transaction.QueryStream("x").status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(transaction.Commit().status()));
  }
  EXPECT_EQ(sum, 15);
  EXPECT_EQ(stream->summary()->rows_affected(), 5);
  EXPECT_EQ(OnlyText(before.Await()), "before");
  EXPECT_TRUE(transaction.Commit().ok());
  EXPECT_THAT(gateway_.log, SizeIs(3));
}

TEST_F(TransactionTest, PassesOverTheRestOfAStreamThatIsDropped) {
  Transaction transaction = Begin();
  {
    absl::StatusOr<RowStream> stream = transaction.QueryStream("rows 5000");
    ASSERT_TRUE(stream.ok()) << stream.status();
    ASSERT_TRUE(stream->Next());
    PendingRows behind = transaction.Send("value behind");
    EXPECT_TRUE(absl::IsFailedPrecondition(behind.Await().status()));
    stream = absl::UnknownError("dropped");
    EXPECT_EQ(OnlyText(behind.Await()), "behind") << "it may wait again";
  }
  EXPECT_TRUE(transaction.Commit().ok());
}

TEST_F(TransactionTest, AStreamEndsWithTheErrorOfItsStatement) {
  Transaction transaction = Begin();
  EXPECT_EQ(ReasonOf(transaction.QueryStream("fail DEADLOCK").status()),
            v1::ERROR_REASON_DEADLOCK);
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_FAILED);
  EXPECT_TRUE(absl::IsInternal(
      Begin().QueryStream("value of a result that is whole").status()));
}

TEST_F(TransactionTest, MayBeRolledBackWhileAStreamIsRead) {
  Transaction transaction = Begin();
  absl::StatusOr<RowStream> stream = transaction.QueryStream("rows 5000");
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_TRUE(transaction.Rollback().ok());
  while (stream->Next()) {
  }
  EXPECT_TRUE(absl::IsCancelled(stream->summary().status()));
  EXPECT_TRUE(AwaitClosed());
}

TEST_F(TransactionTest, IsRolledBackWithItsCall) {
  Transaction transaction = Begin();
  PendingRows behind = transaction.Send("lose");
  EXPECT_TRUE(absl::IsUnavailable(transaction.Execute("x").status()));
  EXPECT_TRUE(absl::IsUnavailable(behind.Await().status()));
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ROLLED_BACK);
  const absl::Status error = transaction.Commit().status();
  EXPECT_TRUE(absl::IsUnavailable(error));
  EXPECT_EQ(ErrorDetails::From(error).executed(), Executed::kNotTold);
}

TEST_F(TransactionTest, TellsThatTheOutcomeOfACommitIsOpen) {
  for (const grpc::Status& lost :
       {grpc::Status(grpc::StatusCode::UNAVAILABLE, "lost"),
        GatewayError(grpc::UNKNOWN, "OUTCOME_UNKNOWN",
                     {{"outcome_reference", "r"}, {"executed", "unknown"}})}) {
    gateway_.commits = {lost};
    Transaction transaction = Begin();
    const absl::Status error = transaction.Commit().status();
    EXPECT_EQ(static_cast<int>(error.code()), lost.error_code());
    const ErrorDetails details = ErrorDetails::From(error);
    EXPECT_EQ(details.reason, v1::ERROR_REASON_OUTCOME_UNKNOWN);
    EXPECT_EQ(details.executed(), Executed::kUnknown);
    EXPECT_EQ(details.outcome_reference(),
              lost.error_details().empty() ? "" : "r");
    EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_UNSPECIFIED);
    EXPECT_EQ(transaction.Commit().status(), error);
  }
}

TEST_F(TransactionTest, BelievesTheGatewayThatACommitFailed) {
  gateway_.commits = {GatewayError(grpc::ABORTED, "SERIALIZATION_FAILURE",
                                   {{"executed", "no"}})};
  Transaction transaction = Begin();
  const absl::Status error = transaction.Commit().status();
  EXPECT_EQ(ReasonOf(error), v1::ERROR_REASON_SERIALIZATION_FAILURE);
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ROLLED_BACK);
}

TEST_F(TransactionTest, BeginsAgainWhereNothingWasExecuted) {
  gateway_.begins = {{grpc::StatusCode::UNAVAILABLE, "lost"}};
  EXPECT_TRUE(client_.Begin().ok());
  gateway_.begins = {GatewayError(grpc::NOT_FOUND, "UNKNOWN_DATABASE")};
  EXPECT_TRUE(absl::IsNotFound(client_.Begin().status()));
}

TEST_F(TransactionTest, EndsAtItsDeadline) {
  const absl::Time start = absl::Now();
  Transaction transaction = Begin({.timeout = absl::Milliseconds(100)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(transaction.Execute("wait").status()));
  // gRPC counts in milliseconds.
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(99));
  EXPECT_TRUE(absl::IsDeadlineExceeded(transaction.Execute("x").status()));
  EXPECT_TRUE(AwaitClosed());
}

TEST_F(TransactionTest, IsStoppedFromAnotherThread) {
  const auto source = std::make_unique<std::stop_source>();
  Transaction transaction = Begin({.stop = source->get_token()});
  std::thread stopper([&] { source->request_stop(); });
  EXPECT_TRUE(absl::IsCancelled(transaction.Execute("wait").status()));
  stopper.join();
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ROLLED_BACK);
  EXPECT_TRUE(absl::IsCancelled(
      client_.Begin({}, {.stop = source->get_token()}).status()));
}

TEST(TransactionTokenTest, IsBegunAgainWithANewTokenWhereItsTokenIsRefused) {
  ToldTokens tokens;
  TransactGateway gateway(&tokens);
  gateway.begins = {TokenRefusal()};
  const Client client = gateway.MakeClient();
  absl::StatusOr<Transaction> transaction = client.Begin();
  ASSERT_TRUE(transaction.ok()) << transaction.status();
  EXPECT_TRUE(transaction->Commit().ok());
  EXPECT_EQ(tokens.issue_count(), 2);
}

TEST(TransactionTokenTest, IsNotBegunWithoutAToken) {
  ToldTokens tokens;
  TransactGateway gateway(&tokens);
  tokens.TellIssue({grpc::StatusCode::PERMISSION_DENIED, "unknown"});
  EXPECT_EQ(gateway.MakeClient().Begin().status().message(), "unknown");
  EXPECT_THAT(gateway.log, ElementsAre());
}

}  // namespace
}  // namespace sluice::client

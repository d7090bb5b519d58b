// Client::RunInTransaction, RunTransaction and GetTransactionOutcome.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "sluice/client/test_told_tokens.h"
#include "sluice/client/test_transact_gateway.h"

namespace sluice::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

grpc::Status Unknown() {
  return GatewayError(grpc::UNKNOWN, "OUTCOME_UNKNOWN",
                      {{"outcome_reference", "r"}, {"executed", "unknown"}});
}

class RunInTransactionTest : public ::testing::Test {
 protected:
  TransactGateway gateway_;
  const Client client_ = gateway_.MakeClient({.timeout = absl::Seconds(5)});
};

TEST_F(RunInTransactionTest, CommitsWhatAFunctionDid) {
  const absl::StatusOr<CommitReceipt> receipt =
      client_.RunInTransaction([](Transaction& transaction) {
        return transaction.Execute("x").status();
      });
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->attempts, 1);
  EXPECT_EQ(receipt->outcome_reference, "the reference");
  EXPECT_THAT(gateway_.log, ElementsAre(HasSubstr("begin"), HasSubstr("\"x\""),
                                        "commit { }"));
}

TEST_F(RunInTransactionTest, GivesTheValueOfTheFunction) {
  const absl::StatusOr<Committed<std::unique_ptr<int>>> committed =
      client_.RunInTransaction(
          [](Transaction&) -> absl::StatusOr<std::unique_ptr<int>> {
            return std::make_unique<int>(5);
          },
          {.isolation = kSerializable}, {.tag = "t"});
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(*committed->value, 5);
  EXPECT_EQ(committed->receipt.consistency_token, "the token");
  EXPECT_THAT(gateway_.log.at(0), HasSubstr("SERIALIZABLE } tag: \"t\""));
}

TEST_F(RunInTransactionTest, RollsBackAndReturnsTheErrorOfTheFunction) {
  int calls = 0;
  const absl::Status error = absl::FailedPreconditionError("not enough");
  EXPECT_EQ(client_
                .RunInTransaction(
                    [&](Transaction& transaction) -> absl::StatusOr<int> {
                      ++calls;
                      if (!transaction.Execute("x").ok()) return 1;
                      return error;
                    })
                .status(),
            error);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(gateway_.log.back(), "rollback { }");
}

// Runs a function that fails once with `reason`, and then does not.
int AttemptsAfter(const Client& client, const std::string& sql) {
  const absl::StatusOr<CommitReceipt> receipt =
      client.RunInTransaction([&](Transaction& transaction) -> absl::Status {
        return transaction.Execute(transaction.attempt() == 1 ? sql : "x")
            .status();
      });
  return receipt.ok() ? receipt->attempts : 0;
}

TEST_F(RunInTransactionTest, RunsAgainWhereThatMayHelp) {
  EXPECT_EQ(AttemptsAfter(client_, "x"), 1);
  EXPECT_EQ(AttemptsAfter(client_, "fail SERIALIZATION_FAILURE"), 2);
  EXPECT_EQ(AttemptsAfter(client_, "fail DEADLOCK"), 2);
  EXPECT_EQ(AttemptsAfter(client_, "fail LOCK_NOT_AVAILABLE"), 2);
  EXPECT_EQ(AttemptsAfter(client_, "fail PLAN_CHANGED"), 2);
  EXPECT_EQ(AttemptsAfter(client_, "lose"), 2);
  EXPECT_EQ(AttemptsAfter(client_, "fail UNIQUE_VIOLATION"), 0);
  EXPECT_EQ(AttemptsAfter(client_, "fail TRANSACTION_IDLE"), 0);
}

TEST_F(RunInTransactionTest, RunsAgainWhereABeginOrACommitFailed) {
  gateway_.begins = {{grpc::StatusCode::UNAVAILABLE, "lost"}};
  EXPECT_EQ(AttemptsAfter(client_, "fail DEADLOCK"), 2);
  gateway_.commits = {GatewayError(grpc::ABORTED, "SERIALIZATION_FAILURE",
                                   {{"executed", "no"}})};
  EXPECT_EQ(AttemptsAfter(client_, "x"), 2);
}

TEST_F(RunInTransactionTest, SeesAFailureThatTheFunctionHides) {
  const absl::StatusOr<CommitReceipt> wrapped =
      client_.RunInTransaction([](Transaction& transaction) -> absl::Status {
        if (transaction.attempt() < 3 &&
            !transaction.Execute("fail DEADLOCK").ok()) {
          return absl::InternalError("could not move");
        }
        return absl::OkStatus();
      });
  ASSERT_TRUE(wrapped.ok()) << wrapped.status();
  EXPECT_EQ(wrapped->attempts, 3);
  const absl::StatusOr<CommitReceipt> ignored =
      client_.RunInTransaction([](Transaction& transaction) -> absl::Status {
        if (transaction.attempt() == 1) transaction.Send("fail DEADLOCK");
        return absl::OkStatus();
      });
  ASSERT_TRUE(ignored.ok()) << ignored.status();
  EXPECT_EQ(ignored->attempts, 2);
}

TEST_F(RunInTransactionTest, SeesAFailureThatASavepointMended) {
  const absl::StatusOr<CommitReceipt> receipt =
      client_.RunInTransaction([](Transaction& transaction) -> absl::Status {
        if (transaction.attempt() == 2) return absl::OkStatus();
        Savepoint savepoint = transaction.OpenSavepoint();
        return transaction.Execute("fail DEADLOCK").status();
      });
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->attempts, 2);
  EXPECT_THAT(gateway_.log, Contains("rollback { }"));
}

TEST_F(RunInTransactionTest, GivesUpAfterSoManyAttempts) {
  int attempts = 0;
  const absl::Status error =
      client_
          .RunInTransaction(
              [&](Transaction& transaction) -> absl::Status {
                attempts = transaction.attempt();
                return transaction.Execute("fail DEADLOCK").status();
              },
              {},
              {.retry = RetryPolicy{.max_attempts = 3,
                                    .initial_backoff = absl::Milliseconds(1)}})
          .status();
  EXPECT_EQ(ErrorDetails::From(error).reason, v1::ERROR_REASON_DEADLOCK);
  EXPECT_EQ(attempts, 3);
}

TEST_F(RunInTransactionTest, KeepsToItsDeadline) {
  const absl::Time start = absl::Now();
  const absl::Status error =
      client_
          .RunInTransaction(
              [&](Transaction& transaction) -> absl::Status {
                return transaction.Execute("fail DEADLOCK").status();
              },
              {},
              {.timeout = absl::Milliseconds(300),
               .retry = RetryPolicy{.max_attempts = 1000,
                                    .max_backoff = absl::Milliseconds(20)}})
          .status();
  // By the deadline either an attempt has failed or a call has ended.
  EXPECT_TRUE(absl::IsAborted(error) || absl::IsDeadlineExceeded(error));
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));
}

TEST_F(RunInTransactionTest, PassesExceptionsOn) {
  EXPECT_THROW(
      client_
          .RunInTransaction([](Transaction& transaction) -> absl::Status {
            if (transaction.Execute("x").ok()) {
              throw std::runtime_error("no");
            }
            return absl::OkStatus();
          })
          .IgnoreError(),
      std::runtime_error);
  EXPECT_THAT(gateway_.log, Not(Contains("commit { }")));
}

TEST_F(RunInTransactionTest, AsksForAnOutcomeThatIsUnknown) {
  gateway_.commits = {Unknown()};
  gateway_.outcomes = {v1::TRANSACTION_OUTCOME_IN_PROGRESS,
                       v1::TRANSACTION_OUTCOME_COMMITTED};
  const absl::StatusOr<CommitReceipt> receipt =
      client_.RunInTransaction([](Transaction&) { return absl::OkStatus(); });
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->attempts, 1);
  EXPECT_EQ(receipt->outcome_reference, "r");
  EXPECT_THAT(gateway_.log,
              ElementsAre(HasSubstr("begin"), "commit { }", "ask r", "ask r"));
}

TEST_F(RunInTransactionTest, RunsAgainWhatTurnsOutToBeRolledBack) {
  gateway_.commits = {Unknown()};
  gateway_.outcomes = {v1::TRANSACTION_OUTCOME_ABORTED};
  const absl::StatusOr<CommitReceipt> receipt =
      client_.RunInTransaction([](Transaction&) { return absl::OkStatus(); });
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->attempts, 2);
  EXPECT_EQ(receipt->outcome_reference, "the reference");
}

TEST_F(RunInTransactionTest, SaysThatWhatCanNotBeToldIsUnknown) {
  const grpc::Status without_reference(grpc::StatusCode::UNAVAILABLE, "lost");
  for (const bool has_reference : {true, false}) {
    gateway_.log.clear();
    gateway_.commits = {has_reference ? Unknown() : without_reference};
    gateway_.outcomes = {v1::TRANSACTION_OUTCOME_UNKNOWN};
    const absl::Status error =
        client_.RunInTransaction([](Transaction&) { return absl::OkStatus(); })
            .status();
    const ErrorDetails details = ErrorDetails::From(error);
    EXPECT_EQ(details.reason, v1::ERROR_REASON_OUTCOME_UNKNOWN);
    EXPECT_EQ(details.outcome_reference(), has_reference ? "r" : "");
    // It is run once.
    EXPECT_EQ(gateway_.log.size(), has_reference ? 3u : 2u);
  }
}

TEST_F(RunInTransactionTest, AsksUntilTheDeadline) {
  gateway_.commits = {Unknown()};
  gateway_.outcomes.assign(10'000, v1::TRANSACTION_OUTCOME_IN_PROGRESS);
  const absl::Time start = absl::Now();
  const absl::Status error =
      client_
          .RunInTransaction([](Transaction&) { return absl::OkStatus(); }, {},
                            {.timeout = absl::Milliseconds(300)})
          .status();
  EXPECT_EQ(ErrorDetails::From(error).outcome_reference(), "r");
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));
  EXPECT_GT(gateway_.log.size(), 3u);
}

TEST_F(RunInTransactionTest, NeverRunsAgainWhatItsFunctionCommitted) {
  int calls = 0;
  const absl::Status error =
      client_
          .RunInTransaction([&](Transaction& transaction) -> absl::Status {
            ++calls;
            EXPECT_TRUE(transaction.Commit().ok());
            return absl::UnavailableError("later");
          })
          .status();
  EXPECT_EQ(error, absl::UnavailableError("later"));
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(client_
                  .RunInTransaction([](Transaction& transaction) {
                    return transaction.Commit().status();
                  })
                  .ok());
}

TEST_F(RunInTransactionTest, TellsThatItsFunctionMovedTheTransactionAway) {
  EXPECT_TRUE(absl::IsFailedPrecondition(
      client_
          .RunInTransaction([](Transaction& transaction) -> absl::Status {
            return Transaction(std::move(transaction)).Execute("x").status();
          })
          .status()));
  EXPECT_THAT(gateway_.log, Not(Contains("commit { }")));
}

class RunTransactionTest : public RunInTransactionTest {};

TEST_F(RunTransactionTest, SendsThePlanAndTakesTheResultApart) {
  gateway_.run_response = ParseText<v1::RunTransactionResponse>(
      "results { result_set { metadata { name: 'id' } row_count: 1"
      "            columns { int64s { values: 9 } } }"
      "          command_tag: 'INSERT 0 1' rows_affected: 1 }"
      "results { command_tag: 'INSERT 0 1' rows_affected: [1, 1] }"
      "summary { attempts: 3 outcome_reference: 'r' consistency_token: 't' }");
  TransactionPlan plan;
  const StepId order = plan.Add(Step("INSERT ... $1", 7));
  const StepId items = plan.Add(Step::ForColumns(
      "INSERT ... $1, $2", order.Column(0), std::vector<int>{1, 2}));
  const absl::StatusOr<TransactionResult> result =
      client_.RunTransaction(plan, {.isolation = kSerializable},
                             {.tag = "t", .max_rows = 5, .request_id = "id"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*(*result)[order].rows[0].get<int64_t>("id"), 9);
  EXPECT_EQ((*result)[items].rows.summary().rows_affected(), 2);
  EXPECT_EQ((*result)[items].rows.summary().command_tag(), "INSERT 0 1");
  EXPECT_THAT((*result)[items].row_counts, ElementsAre(1, 1));
  EXPECT_EQ(result->size(), 2u);
  EXPECT_EQ(result->receipt().attempts, 3);
  EXPECT_EQ(result->receipt().outcome_reference, "r");
  EXPECT_EQ(result->receipt().consistency_token, "t");
  const std::string sent = gateway_.last_run.ShortDebugString();
  for (const char* part :
       {"database: \"app\" transaction { isolation: ISOLATION_LEVEL_SERIAL",
        "request_id: \"id\" options { max_rows: 5 tag: \"t\" }"}) {
    EXPECT_THAT(sent, HasSubstr(part));
  }
  EXPECT_EQ(gateway_.last_run.steps_size(), 2);
}

TEST_F(RunTransactionTest, SendsARequestAsItIs) {
  gateway_.run_response = ParseText<v1::RunTransactionResponse>("results { }");
  auto request = ParseText<v1::RunTransactionRequest>(
      "steps { statement { sql: 'x' } } options { max_rows: 4 }");
  const absl::StatusOr<TransactionResult> result =
      client_.RunTransaction(request, {.max_rows = 5});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->size(), 1u);
  EXPECT_EQ(gateway_.last_run.database(), "app");
  EXPECT_EQ(gateway_.last_run.options().max_rows(), 4);
  request.set_database("other");
  EXPECT_TRUE(client_.RunTransaction(request).ok());
  EXPECT_EQ(gateway_.last_run.database(), "other");
}

TEST_F(RunTransactionTest, RefusesAResultOfAnotherPlan) {
  TransactionPlan plan;
  plan.Add(Step("x"));
  EXPECT_TRUE(absl::IsInternal(client_.RunTransaction(plan).status()));
}

TEST_F(RunTransactionTest, SendsNoPlanThatIsNone) {
  TransactionPlan plan;
  plan.Add(Step("x", absl::InfiniteDuration()));
  EXPECT_TRUE(absl::IsInvalidArgument(client_.RunTransaction(plan).status()));
  EXPECT_EQ(gateway_.last_run.steps_size(), 0);
}

TEST_F(RunTransactionTest, IsMadeAgainWithARequestIdAlone) {
  const TransactionPlan plan;
  const grpc::Status lost(grpc::StatusCode::UNAVAILABLE, "lost");
  gateway_.runs = {lost, Unknown()};
  EXPECT_TRUE(client_.RunTransaction(plan, {}, {.request_id = "id"}).ok());
  EXPECT_TRUE(gateway_.runs.empty());
  gateway_.runs = {lost};
  EXPECT_TRUE(absl::IsUnavailable(client_.RunTransaction(plan).status()));
  gateway_.runs = {Unknown()};
  EXPECT_EQ(ErrorDetails::From(client_.RunTransaction(plan).status())
                .outcome_reference(),
            "r");
}

TEST_F(RunTransactionTest, AsksWhatBecameOfATransaction) {
  gateway_.outcomes = {v1::TRANSACTION_OUTCOME_ABORTED};
  EXPECT_EQ(*client_.GetTransactionOutcome("r"),
            v1::TRANSACTION_OUTCOME_ABORTED);
  EXPECT_TRUE(absl::IsInternal(client_.GetTransactionOutcome("r").status()));
}

TEST(RunInTransactionTokenTest, RunsAgainAtOnceWhereTheTokenIsRefused) {
  ToldTokens tokens;
  TransactGateway gateway(&tokens);
  gateway.begins = {TokenRefusal()};
  const Client client = gateway.MakeClient();
  const absl::StatusOr<CommitReceipt> receipt = client.RunInTransaction(
      [](Transaction& transaction) {
        return transaction.Execute("x").status();
      },
      {}, {.retry = RetryPolicy{.max_attempts = 1}});
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->attempts, 1);
  EXPECT_EQ(tokens.issue_count(), 2);
}

}  // namespace
}  // namespace sluice::client

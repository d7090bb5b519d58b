// Transactions of the C++ client library on the shipped gateway.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sluice/client/client.h"
#include "tests/integration/client_stack_test.h"
#include "tests/support/file.h"
#include "tests/support/socket_gate.h"
#include "tests/support/temp_dir.h"

namespace sluice::client {
namespace {

using ::sluice::testing::CommitCut;
using ::sluice::testing::GatewayProcess;
using ::sluice::testing::SocketGate;
using ::sluice::testing::StackOptions;
using ::sluice::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::SizeIs;

v1::ErrorReason ReasonOf(const absl::Status& status) {
  return ErrorDetails::From(status).reason;
}

// The key of outcome references, of all tests.
std::string KeyFiles() {
  static const TempDir* const kFolder = new TempDir(*TempDir::Make());
  const std::string path = kFolder->Path("key");
  EXPECT_TRUE(
      sluice::testing::WriteFile(path, std::string(64, 'a') + "\n", 0600).ok());
  return absl::StrCat("[", path, "]");
}

// A bank: accounts 1 to 4 with 100 each.
class CppTransactionTest : public ClientStackTest<CppTransactionTest> {
 protected:
  friend class sluice::testing::StackTest<CppTransactionTest>;

  static StackOptions Options() {
    StackOptions options;
    options.gateway["outcome.key_files"] = KeyFiles();
    return options;
  }

  void SetUp() override {
    for (const char* sql :
         {"CREATE TABLE IF NOT EXISTS account"
          "  (id int PRIMARY KEY, balance int NOT NULL CHECK (balance >= 0))",
          "TRUNCATE account",
          "INSERT INTO account SELECT i, 100 FROM generate_series(1, 4) AS "
          "i"}) {
      const absl::StatusOr<Rows> done = client_.Execute(sql);
      ASSERT_TRUE(done.ok()) << sql << ": " << done.status();
    }
  }

  Transaction Begin(const TransactionOptions& transaction = {},
                    const CallOptions& options = {}) {
    absl::StatusOr<Transaction> begun = client_.Begin(transaction, options);
    EXPECT_TRUE(begun.ok()) << begun.status();
    return *std::move(begun);
  }

  static std::string Balances() {
    return stack().Ask(
        "SELECT string_agg(balance::text, ' ' ORDER BY id) FROM account");
  }

  // Ends the sessions of PostgreSQL that are in a transaction.
  static void EndSessions() {
    EXPECT_EQ(stack().Ask("SELECT bool_and(pg_terminate_backend(pid, 5000))"
                          "  FROM pg_stat_activity WHERE usename = 'app'"
                          "    AND state LIKE 'idle in transaction%'"),
              "t");
  }
};

constexpr char kAdd[] =
    "UPDATE account SET balance = balance + $2 WHERE id = $1";

TEST_F(CppTransactionTest, TakesPlaceWithItsCommit) {
  Transaction transaction = Begin();
  const absl::StatusOr<Rows> rows = transaction.Execute(
      "INSERT INTO account VALUES ($1, $2) RETURNING id", 5, 7);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->summary().command_tag(), "INSERT 0 1");
  EXPECT_EQ(*(*rows)[0].get<int>("id"), 5);
  EXPECT_EQ(*transaction.Query("SELECT sum(balance)::int FROM account")
                 ->only_row()
                 ->get<int>(0),
            407);
  EXPECT_EQ(Balances(), "100 100 100 100");
  const absl::StatusOr<CommitReceipt> receipt = transaction.Commit();
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(Balances(), "100 100 100 100 7");
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_COMMITTED);
  const absl::StatusOr<v1::TransactionOutcome> outcome =
      client_.GetTransactionOutcome(receipt->outcome_reference);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(*outcome, v1::TRANSACTION_OUTCOME_COMMITTED);
  EXPECT_EQ(ReasonOf(client_.GetTransactionOutcome("another").status()),
            v1::ERROR_REASON_OUTCOME_REFERENCE_INVALID);
}

TEST_F(CppTransactionTest, LeavesNothingWhenItIsRolledBackOrDropped) {
  {
    Transaction transaction = Begin();
    ASSERT_TRUE(transaction.Execute(kAdd, 1, 5).ok());
    EXPECT_TRUE(transaction.Rollback().ok());
    EXPECT_TRUE(AwaitActive("0"));
    Transaction other = Begin();
    ASSERT_TRUE(other.Execute(kAdd, 1, 5).ok());
    EXPECT_TRUE(AwaitActive("1"));
  }
  EXPECT_TRUE(AwaitActive("0"));
  EXPECT_EQ(Balances(), "100 100 100 100");
}

TEST_F(CppTransactionTest, RunsAsItsOptionsSay) {
  {
    Transaction transaction =
        Begin({.isolation = kSerializable, .access = kReadOnly});
    EXPECT_EQ(*transaction.Query("SHOW transaction_isolation")
                   ->only_row()
                   ->get<std::string>(0),
              "serializable");
    EXPECT_EQ(ReasonOf(transaction.Execute(kAdd, 1, 5).status()),
              v1::ERROR_REASON_READ_ONLY);
  }
  {
    Transaction transaction =
        Begin({.statement_timeout = absl::Milliseconds(50)});
    EXPECT_EQ(ReasonOf(transaction.Query("SELECT pg_sleep(60)").status()),
              v1::ERROR_REASON_STATEMENT_TIMEOUT);
  }
  {
    Transaction holder = Begin();
    ASSERT_TRUE(holder.Execute(kAdd, 1, 5).ok());
    Transaction waiter = Begin({.lock_timeout = absl::Milliseconds(50)});
    EXPECT_EQ(ReasonOf(waiter.Execute(kAdd, 1, 5).status()),
              v1::ERROR_REASON_LOCK_NOT_AVAILABLE);
  }
  Transaction transaction = Begin({.idle_timeout = absl::Milliseconds(50)});
  EXPECT_TRUE(AwaitActive("0"));
  EXPECT_EQ(ReasonOf(transaction.Commit().status()),
            v1::ERROR_REASON_TRANSACTION_IDLE);
}

TEST_F(CppTransactionTest, SendsStatementsAhead) {
  constexpr int kCount = 1000;
  Transaction transaction = Begin();
  std::vector<PendingRows> pending;
  pending.reserve(kCount);
  for (int i = 0; i < kCount; ++i) {
    pending.push_back(transaction.Send(
        "INSERT INTO account VALUES ($1, $2) RETURNING id", 100 + i, i));
  }
  for (int i = 0; i < kCount; ++i) {
    const absl::StatusOr<Rows>& rows = pending[i].Await();
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(*(*rows)[0].get<int>(0), 100 + i);
  }
  const absl::StatusOr<std::vector<Rows>> all =
      transaction.ExecuteAll({Statement(kAdd, 1, -5), Statement(kAdd, 2, 5),
                              Statement("SELECT count(*) FROM account")});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(*(*all)[2][0].get<int>(0), 4 + kCount);
  EXPECT_TRUE(transaction.Commit().ok());
}

// More than the gateway reads ahead, and than it can send unread.
TEST_F(CppTransactionTest, SendsAheadWithoutALimit) {
  constexpr int kCount = 300;
  Transaction transaction = Begin();
  std::vector<PendingRows> pending;
  pending.reserve(kCount);
  const std::string text(100'000, 'x');
  for (int i = 0; i < kCount; ++i) {
    pending.push_back(transaction.Send("SELECT $1::text || $2", text, i));
  }
  for (int i = 0; i < kCount; ++i) {
    const absl::StatusOr<Rows>& rows = pending[i].Await();
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(*(*rows)[0].get<std::string>(0), absl::StrCat(text, i));
  }
  EXPECT_TRUE(transaction.Commit().ok());
}

TEST_F(CppTransactionTest, TellsWithTheCommitWhatNobodyLookedAt) {
  Transaction transaction = Begin();
  transaction.Send(kAdd, 1, 5);
  transaction.Send("INSERT INTO account VALUES (1, 1)");
  transaction.Send(kAdd, 2, 5);
  const absl::Status error = transaction.Commit().status();
  EXPECT_EQ(ReasonOf(error), v1::ERROR_REASON_UNIQUE_VIOLATION) << error;
  EXPECT_EQ(ErrorDetails::From(error).metadata["constraint"], "account_pkey");
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ROLLED_BACK);
  EXPECT_EQ(Balances(), "100 100 100 100");
}

TEST_F(CppTransactionTest, SavepointsUndoWhatIsNotReleased) {
  Transaction transaction = Begin();
  for (int id = 3; id <= 6; ++id) {
    Savepoint savepoint = transaction.OpenSavepoint();
    ASSERT_TRUE(transaction.Execute(kAdd, 1, 1).ok());
    const absl::StatusOr<Rows> added =
        transaction.Execute("INSERT INTO account VALUES ($1, 0)", id);
    if (added.ok()) savepoint.Release();
  }
  {
    Savepoint outer = transaction.OpenSavepoint();
    ASSERT_TRUE(transaction.Execute(kAdd, 2, 1).ok());
    {
      Savepoint inner = transaction.OpenSavepoint();
      ASSERT_TRUE(transaction.Execute(kAdd, 3, 1).ok());
    }
    ASSERT_TRUE(transaction.Execute(kAdd, 4, 1).ok());
    outer.RollBack();
    ASSERT_TRUE(transaction.Execute(kAdd, 4, 7).ok());
    outer.Release();
  }
  const absl::StatusOr<CommitReceipt> receipt = transaction.Commit();
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(Balances(), "102 100 100 107 0 0");
}

TEST_F(CppTransactionTest, StreamsRowsBetweenItsStatements) {
  Transaction transaction = Begin();
  ASSERT_TRUE(transaction
                  .Execute("INSERT INTO account SELECT i, i"
                           "  FROM generate_series(10, 100009) AS i")
                  .ok());
  absl::StatusOr<RowStream> stream = transaction.QueryStream(
      "SELECT id, balance FROM account WHERE id >= $1"
      "  ORDER BY id",
      10);
  ASSERT_TRUE(stream.ok()) << stream.status();
  int next = 10;
  for (const auto& row : stream->as<int, int>()) {
    ASSERT_TRUE(row.ok()) << row.status();
    ASSERT_EQ(*row, std::tuple(next, next));
    ++next;
  }
  EXPECT_EQ(next, 100010);
  stream = transaction.QueryStream("SELECT id, repeat('x', 100) FROM account");
  ASSERT_TRUE(stream.ok()) << stream.status();
  ASSERT_TRUE(stream->Next());
  stream = absl::UnknownError("dropped");
  ASSERT_TRUE(transaction.Execute("DELETE FROM account WHERE id > 9").ok());
  EXPECT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(Balances(), "100 100 100 100");
}

TEST_F(CppTransactionTest, AStreamThatFailsFailsIt) {
  Transaction transaction = Begin();
  absl::StatusOr<RowStream> stream = transaction.QueryStream(
      "SELECT 1 / (i - 100000), repeat('x', 100)"
      "  FROM generate_series(1, 200000) AS i");
  ASSERT_TRUE(stream.ok()) << stream.status();
  while (stream->Next()) {
  }
  EXPECT_EQ(ErrorDetails::From(stream->summary().status()).postgres->sqlstate(),
            "22012");
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_FAILED);
  EXPECT_EQ(transaction.Commit().status(), stream->summary().status());
}

TEST_F(CppTransactionTest, AStatementHasLimitsOfItsOwn) {
  Transaction transaction = Begin();
  const Statement three("SELECT generate_series(1, 3)");
  const absl::StatusOr<Rows> cut = transaction.Query(
      three, {.max_rows = 2, .on_limit = v1::LIMIT_ACTION_TRUNCATE});
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_THAT(*cut, SizeIs(2));
  EXPECT_EQ(ReasonOf(transaction.Query(three, {.max_rows = 2}).status()),
            v1::ERROR_REASON_ROW_LIMIT);
  EXPECT_EQ(ReasonOf(transaction.Commit().status()),
            v1::ERROR_REASON_ROW_LIMIT);
}

TEST_F(CppTransactionTest, IsStoppedFromAnotherThread) {
  const auto source = std::make_unique<std::stop_source>();
  Transaction transaction = Begin({}, {.stop = source->get_token()});
  ASSERT_TRUE(transaction.Execute(kAdd, 1, 5).ok());
  std::thread stopper([&] {
    EXPECT_TRUE(sluice::testing::Await(absl::Seconds(10), [] {
      return stack().Ask(
                 "SELECT count(*) FROM pg_stat_activity"
                 "  WHERE query LIKE '%pg_sleep%' AND state = 'active'"
                 "    AND usename = 'app'") == "1";
    }));
    source->request_stop();
  });
  const absl::Status error = transaction.Query("SELECT pg_sleep(60)").status();
  stopper.join();
  EXPECT_TRUE(absl::IsCancelled(error)) << error;
  EXPECT_TRUE(AwaitActive("0"));
  EXPECT_EQ(Balances(), "100 100 100 100");
}

TEST_F(CppTransactionTest, EndsAtItsDeadline) {
  Transaction transaction = Begin({}, {.timeout = absl::Milliseconds(200)});
  const absl::Status error = transaction.Query("SELECT pg_sleep(60)").status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(error)) << error;
  EXPECT_TRUE(AwaitActive("0"));
}

TEST_F(CppTransactionTest, IsRolledBackWithItsSession) {
  Transaction transaction = Begin();
  ASSERT_TRUE(transaction.Execute(kAdd, 1, 5).ok());
  EndSessions();
  const absl::Status error = transaction.Execute(kAdd, 2, 5).status();
  EXPECT_TRUE(absl::IsUnavailable(error)) << error;
  EXPECT_EQ(ErrorDetails::From(error).executed(), Executed::kNo) << error;
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ROLLED_BACK);
  EXPECT_EQ(transaction.Commit().status(), error);
  EXPECT_EQ(Balances(), "100 100 100 100");
}

TEST_F(CppTransactionTest, CommitsOrRollsBackAsItsFunctionReturns) {
  const absl::StatusOr<Committed<int>> committed = client_.RunInTransaction(
      [](Transaction& transaction) -> absl::StatusOr<int> {
        const absl::StatusOr<Rows> rows =
            transaction.Execute(absl::StrCat(kAdd, " RETURNING balance"), 1, 5);
        if (!rows.ok()) return rows.status();
        return (*rows)[0].get<int>(0);
      });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->value, 105);
  EXPECT_EQ(committed->receipt.attempts, 1);
  absl::Status none = absl::FailedPreconditionError("too little");
  EXPECT_EQ(
      client_
          .RunInTransaction([&](Transaction& transaction) -> absl::Status {
            if (!transaction.Execute(kAdd, 1, 5).ok()) {
              return absl::OkStatus();
            }
            return none;
          })
          .status(),
      none);
  EXPECT_EQ(Balances(), "105 100 100 100");
  EXPECT_TRUE(AwaitActive("0"));
}

TEST_F(CppTransactionTest, RollsBackWhereItsFunctionThrows) {
  EXPECT_THROW(
      client_
          .RunInTransaction([](Transaction& transaction) -> absl::Status {
            EXPECT_TRUE(transaction.Execute(kAdd, 1, 5).ok());
            throw std::runtime_error("no");
          })
          .IgnoreError(),
      std::runtime_error);
  EXPECT_TRUE(AwaitActive("0"));
  EXPECT_EQ(Balances(), "100 100 100 100");
}

// Moves 1 from an account to another, if that leaves the two together with 150
// or more: a rule that two of them break together unless they are serializable.
absl::Status Withdraw(Transaction& transaction, int from) {
  const absl::StatusOr<Rows> rows = transaction.Query(
      "SELECT sum(balance)::int FROM account WHERE id IN (1, 2)");
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<int> sum = (*rows)[0].get<int>(0);
  if (!sum.ok()) return sum.status();
  if (*sum <= 150) return absl::OkStatus();
  return transaction.Execute(kAdd, from, -1).status();
}

TEST_F(CppTransactionTest, EndsWellUnderContention) {
  std::atomic<int> attempts = 0;
  std::atomic<int> runs = 0;
  const auto withdraw = [&](const Client& client, int from) {
    for (int i = 0; i < 40; ++i) {
      const absl::StatusOr<CommitReceipt> receipt = client.RunInTransaction(
          [&](Transaction& transaction) { return Withdraw(transaction, from); },
          {.isolation = kSerializable},
          {.timeout = absl::Minutes(1),
           .retry = RetryPolicy{.max_attempts = 1000,
                                .initial_backoff = absl::Milliseconds(1),
                                .max_backoff = absl::Milliseconds(20)}});
      ASSERT_TRUE(receipt.ok()) << receipt.status();
      attempts += receipt->attempts;
      ++runs;
    }
  };
  std::thread other([&] { withdraw(OpenClient(), 2); });
  withdraw(client_, 1);
  other.join();
  EXPECT_EQ(runs, 80);
  EXPECT_GT(attempts, 80) << "nothing was contended for";
  EXPECT_EQ(stack().Ask("SELECT sum(balance) FROM account WHERE id IN (1, 2)"),
            "150");
}

TEST_F(CppTransactionTest, RunsAgainAfterADeadlock) {
  std::atomic<int> locked = 0;
  std::atomic<int> attempts = 0;
  const auto move = [&](int from, int to) {
    const absl::StatusOr<CommitReceipt> receipt = client_.RunInTransaction(
        [&](Transaction& transaction) -> absl::Status {
          const absl::StatusOr<Rows> taken =
              transaction.Execute(kAdd, from, -1);
          if (!taken.ok()) return taken.status();
          if (transaction.attempt() == 1) {
            ++locked;
            while (locked < 2) absl::SleepFor(absl::Milliseconds(1));
          }
          return transaction.Execute(kAdd, to, 1).status();
        },
        {}, {.timeout = absl::Minutes(1)});
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    if (receipt.ok()) attempts += receipt->attempts;
  };
  std::thread other([&] { move(2, 1); });
  move(1, 2);
  other.join();
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(Balances(), "100 100 100 100");
}

TEST_F(CppTransactionTest, RunsAgainWhenItsSessionIsLost) {
  const absl::StatusOr<CommitReceipt> receipt =
      client_.RunInTransaction([](Transaction& transaction) -> absl::Status {
        absl::Status status = transaction.Execute(kAdd, 1, 5).status();
        if (transaction.attempt() == 1) EndSessions();
        status.Update(transaction.Execute(kAdd, 2, 5).status());
        return status;
      });
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->attempts, 2);
  EXPECT_EQ(Balances(), "105 105 100 100");
}

TEST_F(CppTransactionTest, DoesNotRunAgainWhatLeftItsTransactionAlone) {
  int runs = 0;
  const absl::Status error =
      client_
          .RunInTransaction(
              [&](Transaction& transaction) -> absl::Status {
                ++runs;
                EXPECT_TRUE(transaction.Execute(kAdd, 1, 5).ok());
                EXPECT_TRUE(AwaitActive("0")) << "it is still open";
                return absl::OkStatus();
              },
              {.idle_timeout = absl::Milliseconds(100)})
          .status();
  EXPECT_EQ(ReasonOf(error), v1::ERROR_REASON_TRANSACTION_IDLE) << error;
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(Balances(), "100 100 100 100");
}

TEST_F(CppTransactionTest, CommitsNothingOnceItIsStopped) {
  const auto source = std::make_unique<std::stop_source>();
  const absl::Status error =
      client_
          .RunInTransaction(
              [&](Transaction& transaction) -> absl::Status {
                EXPECT_TRUE(transaction.Execute(kAdd, 1, 5).ok());
                source->request_stop();
                return absl::OkStatus();
              },
              {}, {.stop = source->get_token()})
          .status();
  EXPECT_TRUE(absl::IsCancelled(error)) << error;
  EXPECT_TRUE(AwaitActive("0"));
}

// Commits whose answer never comes: the gateway's connection is cut.
TEST_F(CppTransactionTest, LearnsTheOutcomeOfACommitThatWasCut) {
  absl::StatusOr<std::unique_ptr<SocketGate>> gate = SocketGate::Start(
      {stack().pgbouncer().socket_folder(), stack().pgbouncer().port()});
  ASSERT_TRUE(gate.ok()) << gate.status();
  sluice::testing::GatewayOptions options = stack().gateway_options();
  options.backend_host = (*gate)->address().host;
  options.backend_port = (*gate)->address().port;
  options.settings["outcome.key_files"] = KeyFiles();
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      GatewayProcess::Start(options);
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  const Client client = OpenClient((*gateway)->port());
  const struct {
    CommitCut cut;
    int attempts;
  } cases[] = {{CommitCut::kAtReply, 1}, {CommitCut::kBeforeServer, 2}};
  for (const auto& [cut, attempts] : cases) {
    (*gate)->CutNextCommit(cut);
    const absl::StatusOr<CommitReceipt> receipt = client.RunInTransaction(
        [](Transaction& transaction) {
          return transaction.Execute(kAdd, 1, 5).status();
        },
        {}, {.timeout = absl::Seconds(20)});
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    EXPECT_EQ(receipt->attempts, attempts);
    EXPECT_EQ(*client.GetTransactionOutcome(receipt->outcome_reference),
              v1::TRANSACTION_OUTCOME_COMMITTED);
  }
  EXPECT_EQ((*gate)->counts().commit_cuts, 2);
  EXPECT_EQ(Balances(), "110 100 100 100");
}

TEST_F(CppTransactionTest, RunsAPlan) {
  TransactionPlan plan;
  const StepId first = plan.Add(
      Step("INSERT INTO account VALUES ($1, $2) RETURNING id, balance", 5, 50)
          .ExpectExactly(1));
  const StepId more = plan.Add(
      Step::ForColumns("INSERT INTO account VALUES ($1, $2) RETURNING id",
                       std::vector<int>{6, 7, 8}, first.Column(1)));
  const StepId rows = plan.Add(Step::ForRows(
      kAdd, std::vector<std::tuple<int, int>>{{1, -10}, {2, 10}, {99, 1}}));
  const StepId all =
      plan.Add(Step("SELECT id FROM account WHERE id > $1 ORDER BY id",
                    Typed("int4", first.Column(0))));
  const absl::StatusOr<TransactionResult> result = client_.RunTransaction(
      plan, {.isolation = kRepeatableRead}, {.tag = "plan"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*(*result)[first].rows[0].get<int>("id"), 5);
  EXPECT_THAT((*result)[more].row_counts, ElementsAre(1, 1, 1));
  EXPECT_THAT((*result)[more].rows, SizeIs(3));
  EXPECT_THAT((*result)[rows].row_counts, ElementsAre(1, 1, 0));
  EXPECT_THAT(*(*result)[all].rows.as<int>(), SizeIs(3));
  EXPECT_EQ(Balances(), "90 110 100 100 50 50 50 50");
  EXPECT_EQ(result->receipt().attempts, 1);
  EXPECT_EQ(*client_.GetTransactionOutcome(result->receipt().outcome_reference),
            v1::TRANSACTION_OUTCOME_COMMITTED);
}

TEST_F(CppTransactionTest, RollsBackAPlanThatDoesNotMeetAnExpectation) {
  TransactionPlan plan;
  plan.Add(Step(kAdd, 1, 5));
  plan.Add(Step(kAdd, 99, 5).ExpectAtLeast(1));
  const absl::Status error = client_.RunTransaction(plan).status();
  ErrorDetails details = ErrorDetails::From(error);
  EXPECT_EQ(details.reason, v1::ERROR_REASON_EXPECTATION_NOT_MET) << error;
  EXPECT_EQ(details.metadata["step"], "1");
  EXPECT_EQ(Balances(), "100 100 100 100");
}

TEST_F(CppTransactionTest, APlanTakesPlaceOnceWithARequestId) {
  TransactionPlan plan;
  plan.Add(Step(kAdd, 1, 5));
  const CallOptions once = {.request_id = MakeRequestId()};
  ASSERT_TRUE(client_.RunTransaction(plan, {}, once).ok());
  const absl::StatusOr<TransactionResult> again =
      client_.RunTransaction(plan, {}, once);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->summary().replayed());
  EXPECT_THAT((*again)[0].row_counts, ElementsAre(1));
  EXPECT_EQ(Balances(), "105 100 100 100");
  plan.Add(Step(kAdd, 2, 5));
  EXPECT_EQ(ReasonOf(client_.RunTransaction(plan, {}, once).status()),
            v1::ERROR_REASON_REQUEST_ID_REUSED);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(client_
                    .Execute(Statement(kAdd, 3, 5),
                             {.request_id = once.request_id + "e"})
                    .ok());
  }
  EXPECT_EQ(Balances(), "105 100 105 100");
}

}  // namespace
}  // namespace sluice::client

// Transactions that get in each other's way: RunTransaction runs them again
// until they succeed, and nothing comes of it that could not have come of one
// after the other.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <future>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/scale.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using TransactionOutcome = Outcome<v1::RunTransactionResponse>;

constexpr int kAccounts = 4;
constexpr int64_t kOpening = 1000;
constexpr absl::Duration kSoon = absl::Seconds(10);
constexpr char kAdd[] =
    "UPDATE account SET balance = balance + $2 WHERE id = $1";

// What came of transfers that succeeded.
struct Transfers {
  void Add(const Transfers& other) {
    most_attempts = std::max(most_attempts, other.most_attempts);
    for (size_t i = 0; i < kAccounts; ++i) changes[i] += other.changes[i];
  }

  // That one of them took.
  int most_attempts = 0;
  // Of the balance of each account.
  std::array<int64_t, kAccounts> changes = {};
};
using TransferMaker = v1::RunTransactionRequest (*)(int from, int to,
                                                    int64_t amount);

class ContentionTest : public StackTest<ContentionTest> {
 protected:
  friend class StackTest<ContentionTest>;

  static StackOptions Options() {
    StackOptions options;
    options.postgres = {{"deadlock_timeout", "'200ms'"}};
    return options;
  }

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(stack()
                    .postgres()
                    .Execute("app",
                             "CREATE TABLE account (id int PRIMARY KEY, "
                             "balance bigint); "
                             "CREATE TABLE doctor (id int PRIMARY KEY, "
                             "on_call boolean); "
                             "GRANT ALL ON account, doctor TO app")
                    .ok());
  }

  void SetUp() override {
    stack().Ask("TRUNCATE account, doctor");
    stack().Ask(absl::StrCat("INSERT INTO account SELECT i, ", kOpening,
                             " FROM generate_series(1, ", kAccounts, ") AS i"));
  }

  static v1::RunTransactionRequest MakeTransaction(
      v1::IsolationLevel isolation) {
    v1::RunTransactionRequest request;
    request.set_database("app");
    request.mutable_transaction()->set_isolation(isolation);
    return request;
  }
  static v1::Step& AddStep(v1::RunTransactionRequest& request,
                           const std::string& sql,
                           const std::vector<v1::Value>& parameters = {}) {
    v1::Step& step = *request.add_steps();
    step.mutable_statement()->set_sql(sql);
    for (const v1::Value& value : parameters) *step.add_parameters() = value;
    return step;
  }
  // $1 of the step is the first value of an earlier one.
  static void BindFirst(v1::Step& step, uint32_t earlier) {
    step.mutable_parameters(0)->clear_kind();
    v1::ParameterBinding& binding = *step.add_bindings();
    binding.set_parameter(1);
    binding.set_step(earlier);
  }

  static TransactionOutcome Run(GatewayClient& client,
                                const v1::RunTransactionRequest& request) {
    grpc::ClientContext context;
    SetDeadline(context, absl::Seconds(60));
    TransactionOutcome outcome;
    outcome.status =
        client.stub().RunTransaction(&context, request, &outcome.response);
    return outcome;
  }
  std::future<TransactionOutcome> Start(
      const v1::RunTransactionRequest& request) {
    return std::async(std::launch::async,
                      [this, request] { return Run(client_, request); });
  }

  static bool AwaitLockWaiter() {
    return Await(kSoon, [] {
      return stack().Ask(
                 "SELECT count(*) FROM pg_stat_activity "
                 "WHERE usename = 'app' AND wait_event_type = 'Lock'") == "1";
    });
  }

  // Moves money as programs do: reads both balances, writes what it reckoned.
  // Anything less than SERIALIZABLE would lose some of it.
  static v1::RunTransactionRequest MakeReckoned(int from, int to,
                                                int64_t amount) {
    v1::RunTransactionRequest request =
        MakeTransaction(v1::ISOLATION_LEVEL_SERIALIZABLE);
    const std::string read = "SELECT balance FROM account WHERE id = $1";
    const std::string write =
        "UPDATE account SET balance = $1::int8 + $2::int8 WHERE id = $3";
    AddStep(request, read, {Int(from)});
    AddStep(request, read, {Int(to)});
    BindFirst(AddStep(request, write, {Null(), Int(-amount), Int(from)}), 0);
    BindFirst(AddStep(request, write, {Null(), Int(amount), Int(to)}), 1);
    return request;
  }

  // Moves it by the database's own sums, in either order.
  static v1::RunTransactionRequest MakeSummed(int from, int to,
                                              int64_t amount) {
    v1::RunTransactionRequest request =
        MakeTransaction(v1::ISOLATION_LEVEL_READ_COMMITTED);
    AddStep(request, kAdd, {Int(from), Int(-amount)});
    AddStep(request, kAdd, {Int(to), Int(amount)});
    return request;
  }

  // Leaves when another one is on call.
  static v1::RunTransactionRequest MakeLeaving(int doctor) {
    v1::RunTransactionRequest request =
        MakeTransaction(v1::ISOLATION_LEVEL_SERIALIZABLE);
    AddStep(request, "SELECT count(*) FROM doctor WHERE on_call");
    // Long enough for another one to look as well.
    AddStep(request, "SELECT pg_sleep(0.01)");
    BindFirst(AddStep(request,
                      "UPDATE doctor SET on_call = false "
                      "WHERE id = $2 AND $1::int8 > 1",
                      {Null(), Int(doctor)}),
              0);
    return request;
  }

  // So many clients move money, all at once; what came of all together.
  static Transfers MoveAll(int clients, int each, TransferMaker make) {
    const unsigned seed = std::random_device{}();
    std::cout << "seed " << seed << std::endl;
    std::vector<Transfers> parts(static_cast<size_t>(clients));
    std::vector<std::thread> threads;
    for (size_t i = 0; i < parts.size(); ++i) {
      const unsigned own_seed = seed + static_cast<unsigned>(i);
      threads.emplace_back([&part = parts[i], own_seed, each, make] {
        Move(part, own_seed, each, make);
      });
    }
    for (std::thread& thread : threads) thread.join();
    Transfers all;
    for (const Transfers& part : parts) all.Add(part);
    std::cout << "at most " << all.most_attempts << " attempts" << std::endl;
    return all;
  }

  // One client, one transfer after the other, between random accounts.
  static void Move(Transfers& part, unsigned seed, int count,
                   TransferMaker make) {
    GatewayClient client = stack().MakeClient();
    std::minstd_rand random(seed);
    std::uniform_int_distribution<int> accounts(1, kAccounts);
    std::uniform_int_distribution<int> distances(1, kAccounts - 1);
    std::uniform_int_distribution<int> amounts(1, 100);
    for (int i = 0; i < count; ++i) {
      const int from = accounts(random);
      const int to = (from - 1 + distances(random)) % kAccounts + 1;
      const int amount = amounts(random);
      const TransactionOutcome outcome = Run(client, make(from, to, amount));
      ASSERT_THAT(outcome.status, IsOk());
      part.most_attempts =
          std::max(part.most_attempts, outcome.response.summary().attempts());
      part.changes[static_cast<size_t>(from - 1)] -= amount;
      part.changes[static_cast<size_t>(to - 1)] += amount;
    }
  }

  static void ExpectBalances(const Transfers& transfers) {
    for (int id = 1; id <= kAccounts; ++id) {
      EXPECT_EQ(stack().Ask(absl::StrCat(
                    "SELECT balance FROM account WHERE id = ", id)),
                absl::StrCat(kOpening +
                             transfers.changes[static_cast<size_t>(id - 1)]));
    }
  }

  GatewayClient client_ = stack().MakeClient();
};

TEST_F(ContentionTest, RunsASerializationFailureAgain) {
  SqlSession other = *stack().postgres().Connect("app", "postgres");
  ASSERT_TRUE(
      other.Execute("BEGIN; UPDATE account SET balance = 7 WHERE id = 1").ok());
  std::future<TransactionOutcome> pending = Start(MakeReckoned(1, 2, 5));
  ASSERT_TRUE(AwaitLockWaiter());
  ASSERT_TRUE(other.Execute("COMMIT").ok());
  const TransactionOutcome outcome = pending.get();
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.response.summary().attempts(), 2);
  // Of the last attempt: nothing of the one before has come through.
  EXPECT_EQ(
      outcome.response.results(0).result_set().columns(0).int64s().values(0),
      7);
  EXPECT_EQ(stack().Ask("SELECT balance FROM account WHERE id = 1"), "2");
}

// The other one does not look for deadlocks, so that this one is chosen.
TEST_F(ContentionTest, RunsAVictimOfADeadlockAgain) {
  SqlSession other = *stack().postgres().Connect("app", "postgres");
  ASSERT_TRUE(
      other.Execute("SET deadlock_timeout = '1h'; SET lock_timeout = '3s'")
          .ok());
  // On a machine that stands still in between it has looked too early.
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(other
                    .Execute("BEGIN; UPDATE account SET balance = 0 "
                             "WHERE id = 2")
                    .ok());
    std::future<TransactionOutcome> pending = Start(MakeSummed(1, 2, 5));
    ASSERT_TRUE(AwaitLockWaiter());
    const bool closed =
        other.Execute("UPDATE account SET balance = 0 WHERE id = 1").ok();
    ASSERT_TRUE(other.Execute("COMMIT").ok());
    const TransactionOutcome outcome = pending.get();
    ASSERT_THAT(outcome.status, IsOk());
    if (!closed) continue;
    EXPECT_EQ(outcome.response.summary().attempts(), 2);
    EXPECT_EQ(stack().Ask("SELECT balance FROM account WHERE id = 1"), "-5");
    EXPECT_EQ(stack().Ask("SELECT balance FROM account WHERE id = 2"), "5");
    return;
  }
  FAIL() << "there was no deadlock";
}

TEST_F(ContentionTest, LosesNoMoneyBetweenTwoClients) {
  const Transfers transfers = MoveAll(2, Scaled(200, 2000), MakeReckoned);
  EXPECT_GT(transfers.most_attempts, 1);
  ExpectBalances(transfers);
}

TEST_F(ContentionTest, LosesNoMoneyAmongManyClients) {
  const Transfers transfers = MoveAll(8, Scaled(50, 500), MakeReckoned);
  EXPECT_GT(transfers.most_attempts, 1);
  ExpectBalances(transfers);
}

TEST_F(ContentionTest, LosesNoMoneyInDeadlocks) {
  const Transfers transfers = MoveAll(4, Scaled(100, 1000), MakeSummed);
  EXPECT_GT(transfers.most_attempts, 1);
  ExpectBalances(transfers);
}

// Each of two doctors leaves when the other one is on call, both at once:
// neither touches what the other one touches. (Write skew.)
TEST_F(ContentionTest, LeavesOneDoctorOnCall) {
  int most_attempts = 0;
  for (int round = 0; round < Scaled(20, 200); ++round) {
    ASSERT_TRUE(stack()
                    .postgres()
                    .Execute("app",
                             "TRUNCATE doctor; "
                             "INSERT INTO doctor VALUES (1, true), (2, true)")
                    .ok());
    std::future<TransactionOutcome> one = Start(MakeLeaving(1));
    std::future<TransactionOutcome> other = Start(MakeLeaving(2));
    for (std::future<TransactionOutcome>* leaving : {&one, &other}) {
      const TransactionOutcome outcome = leaving->get();
      ASSERT_THAT(outcome.status, IsOk());
      most_attempts =
          std::max(most_attempts, outcome.response.summary().attempts());
    }
    ASSERT_EQ(stack().Ask("SELECT count(*) FROM doctor WHERE on_call"), "1");
  }
  EXPECT_GT(most_attempts, 1);
}

}  // namespace
}  // namespace sluice::testing

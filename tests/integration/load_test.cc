// Many calls at once: threads, connections, parses, queues.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/await.h"
#include "tests/support/call_batch.h"
#include "tests/support/call_error.h"
#include "tests/support/child_process.h"
#include "tests/support/column_values.h"
#include "tests/support/file.h"
#include "tests/support/sanitizer.h"
#include "tests/support/stack_test.h"
#include "tests/support/test_paths.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using ::grpc::StatusCode;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::Not;
using ::testing::SizeIs;

constexpr size_t kCalls = 1000;
constexpr int kPoolSize = 20;
constexpr int kLock = 7;
// Waits, as many callers as there are, until the test lets go of the lock. (As
// a function of its own the lock would cost the session its reuse.)
constexpr char kHeld[] = "SELECT wait_for_test($1)";

class LoadTest : public StackTest<LoadTest> {
 protected:
  friend class StackTest<LoadTest>;

  static StackOptions Options() {
    StackOptions options;
    options.postgres = {{"log_min_duration_statement", "0"}};
    options.gateway = {{"pool.max_connections", absl::StrCat(kPoolSize)},
                       {"concurrency.worker_pairs", "1"},
                       // The calls of the test, and one more.
                       {"listener.max_calls_per_connection", "2000"}};
    return options;
  }

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    ASSERT_THAT(client
                    .Execute("CREATE FUNCTION wait_for_test(lock int) "
                             "RETURNS int LANGUAGE sql VOLATILE AS "
                             "'SELECT pg_advisory_xact_lock_shared(lock); "
                             "SELECT lock'")
                    .status,
                IsOk());
  }

  void SetUp() override {
    // What has no connection yet makes none while nobody waits for it.
    ASSERT_THAT(client_.Query("SELECT 1").status, IsOk());
  }

  // Holds calls of kHeld until it is destroyed.
  class Barrier {
   public:
    Barrier() : session_(*stack().postgres().Connect("app", "postgres")) {
      absl::StatusOr<SqlRows> locked = session_.Execute(
          absl::StrCat("SELECT pg_advisory_lock(", kLock, ")"));
      EXPECT_TRUE(locked.ok()) << locked.status();
    }

   private:
    SqlSession session_;
  };

  // Of the gateway's role.
  static int CountBackends(const std::string& condition) {
    int count = -1;
    EXPECT_TRUE(
        absl::SimpleAtoi(stack().Ask("SELECT count(*) FROM pg_stat_activity "
                                     "WHERE usename = 'app' AND " +
                                     condition),
                         &count));
    return count;
  }

  static bool AwaitHeld(int backends) {
    return Await(absl::Seconds(10), [backends] {
      return CountBackends("wait_event = 'advisory'") == backends;
    });
  }

  // The names of a process's threads.
  static std::vector<std::string> ThreadsOf(pid_t pid) {
    std::vector<std::string> names;
    for (const auto& task : std::filesystem::directory_iterator(
             absl::StrCat("/proc/", pid, "/task"))) {
      names.push_back(ReadFile(task.path() / "comm"));
    }
    return names;
  }

  // How often each backend did `what` ("parse", "execute") to a statement, by
  // pid, in PostgreSQL's log from `start` on.
  static std::map<std::string, int> CountInLog(const std::string& what,
                                               const std::string& sql,
                                               size_t start) {
    const std::string log = stack().postgres().ReadLog().substr(start);
    std::map<std::string, int> counts;
    for (absl::string_view line : absl::StrSplit(log, '\n')) {
      if (!absl::EndsWith(line, ": " + sql) ||
          !absl::StrContains(line, absl::StrCat(" ms  ", what, " "))) {
        continue;
      }
      const size_t open = line.find('[');
      ++counts[std::string(line.substr(open, line.find(']') - open))];
    }
    return counts;
  }

  // A gateway of one connection, and a caller of it.
  struct SmallGateway {
    explicit SmallGateway(Settings settings) {
      settings["pool.max_connections"] = "1";
      absl::StatusOr<std::unique_ptr<GatewayProcess>> started =
          stack().StartGateway(settings);
      EXPECT_TRUE(started.ok()) << started.status();
      process = *std::move(started);
      client.emplace(stack().client_options("app", process->port()));
      // What has no connection yet makes none while nobody waits for it.
      EXPECT_THAT(client->Query("SELECT 1").status, IsOk());
    }
    std::unique_ptr<GatewayProcess> process;
    std::optional<GatewayClient> client;
  };

  GatewayClient client_ = stack().MakeClient();
};

TEST_F(LoadTest, HoldsAThousandCallsOnAFewThreadsAndParsesOnceAConnection) {
  const size_t log_start = stack().postgres().ReadLog().size();
  QueryBatch calls(client_);
  {
    Barrier barrier;
    for (size_t i = 0; i < kCalls; ++i) {
      calls.Start(MakeQuery(kHeld, {Int(kLock)}), absl::Seconds(60));
    }
    ASSERT_TRUE(AwaitHeld(kPoolSize));
    // On the same connection behind them all, so the server has them.
    EXPECT_THAT(client_.CheckHealth("").status, IsOk());
    EXPECT_EQ(calls.in_progress(), kCalls);
    // 16 on two cores: gRPC keeps a thread for each core, two at least, and
    // seven more.
    const size_t most = 14 + std::max(2u, std::thread::hardware_concurrency()) +
                        (kThreadSanitizer ? 1 : 0);
    EXPECT_THAT(ThreadsOf(stack().gateway().pid()), SizeIs(Lt(most)));
  }
  ASSERT_TRUE(calls.AwaitAll(absl::Seconds(60)));
  for (size_t i = 0; i < calls.size(); ++i) {
    ASSERT_THAT(calls.outcome(i).status, IsOk());
  }
  EXPECT_EQ(CountBackends("true"), kPoolSize);

  int executed = 0;
  for (const auto& [pid, count] : CountInLog("execute", kHeld, log_start)) {
    executed += count;
  }
  EXPECT_EQ(executed, static_cast<int>(kCalls));
  const auto parsed = CountInLog("parse", kHeld, log_start);
  EXPECT_EQ(parsed.size(), static_cast<size_t>(kPoolSize));
  for (const auto& [pid, count] : parsed) EXPECT_EQ(count, 1) << pid;
}

TEST_F(LoadTest, UsesNoBlockingCallsOfLibpq) {
  ChildCommand command;
  command.arguments = {"/usr/bin/nm", BuildPath("server/sluiced")};
  absl::StatusOr<std::string> symbols = RunCommand(command);
  ASSERT_TRUE(symbols.ok()) << symbols.status();
  EXPECT_THAT(*symbols, HasSubstr(" PQconnectStartParams"));
  for (const char* name :
       {" PQexec", " PQsend", " PQgetResult", " PQprepare", " PQconnectdb"}) {
    EXPECT_THAT(*symbols, Not(HasSubstr(name)));
  }
}

TEST_F(LoadTest, RefusesAtOnceWhenTheQueueIsFull) {
  SmallGateway gateway(Settings{{"pool.max_waiters", "3"}});
  QueryBatch held(*gateway.client);
  {
    Barrier barrier;
    held.Start(MakeQuery(kHeld, {Int(kLock)}));
    ASSERT_TRUE(AwaitHeld(1));
    for (int i = 0; i < 3; ++i) held.Start(MakeQuery(kHeld, {Int(kLock)}));
    // The refused call must come after those that wait.
    EXPECT_THAT(gateway.client->CheckHealth("").status, IsOk());
    const QueryOutcome refused = gateway.client->Query("SELECT 1");
    EXPECT_THAT(refused.status, FailsWith(StatusCode::RESOURCE_EXHAUSTED,
                                          v1::ERROR_REASON_QUEUE_FULL));
    EXPECT_EQ(CallError::Of(refused.status).Metadata("executed"), "no");
    EXPECT_EQ(held.in_progress(), 4u);
  }
  ASSERT_TRUE(held.AwaitAll());
  for (size_t i = 0; i < held.size(); ++i) {
    EXPECT_THAT(held.outcome(i).status, IsOk());
  }
  EXPECT_THAT(gateway.client->Query("SELECT 1").status, IsOk());
}

TEST_F(LoadTest, RefusesAtOnceWhenItHoldsAsManyCallsAsItMay) {
  SmallGateway gateway(Settings{{"limits.max_calls", "2"}});
  QueryBatch held(*gateway.client);
  {
    Barrier barrier;
    held.Start(MakeQuery(kHeld, {Int(kLock)}));
    ASSERT_TRUE(AwaitHeld(1));
    held.Start(MakeQuery(kHeld, {Int(kLock)}));
    EXPECT_THAT(gateway.client->CheckHealth("").status, IsOk());
    EXPECT_THAT(gateway.client->Query("SELECT 1").status,
                FailsWith(StatusCode::RESOURCE_EXHAUSTED,
                          v1::ERROR_REASON_TOO_MANY_CALLS));
  }
  ASSERT_TRUE(held.AwaitAll());
  EXPECT_THAT(gateway.client->Query("SELECT 1").status, IsOk());
}

TEST_F(LoadTest, ServesInTheOrderOfArrival) {
  SmallGateway gateway(Settings{});
  ASSERT_THAT(
      gateway.client->Execute("CREATE TABLE arrival (n serial, i int)").status,
      IsOk());
  // What waits for the classifier may be overtaken by what is known already.
  const std::string insert = "INSERT INTO arrival (i) VALUES ($1)";
  ASSERT_THAT(gateway.client->Execute(insert, {Int(0)}).status, IsOk());
  ExecuteBatch calls(*gateway.client);
  {
    Barrier barrier;
    QueryBatch first(*gateway.client);
    first.Start(MakeQuery(kHeld, {Int(kLock)}));
    ASSERT_TRUE(AwaitHeld(1));
    for (int i = 1; i <= 50; ++i) {
      calls.Start(MakeExecute(insert, {Int(i)}));
      // One after the other: streams may overtake each other on their way.
      EXPECT_THAT(gateway.client->CheckHealth("").status, IsOk());
    }
  }
  ASSERT_TRUE(calls.AwaitAll());
  EXPECT_EQ(stack().Ask("SELECT bool_and(i = n - 1) FROM arrival"), "t");
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM arrival"), "51");
}

TEST_F(LoadTest, FollowsATableThatChangesUnderItsPlans) {
  ASSERT_THAT(client_.Execute("CREATE TABLE growing AS SELECT 1 AS a").status,
              IsOk());
  SmallGateway gateway(Settings{});
  const auto width = [&gateway] {
    const QueryOutcome outcome = gateway.client->Query("SELECT * FROM growing");
    EXPECT_THAT(outcome.status, IsOk());
    return outcome.response.result_set().columns_size();
  };
  EXPECT_EQ(width(), 1);
  EXPECT_EQ(width(), 1);
  ASSERT_TRUE(stack()
                  .postgres()
                  .Execute("app", "ALTER TABLE growing ADD COLUMN b text")
                  .ok());
  EXPECT_EQ(width(), 2);
  ASSERT_TRUE(
      stack()
          .postgres()
          .Execute("app", "ALTER TABLE growing ALTER COLUMN a TYPE numeric")
          .ok());
  const QueryOutcome outcome = gateway.client->Query("SELECT * FROM growing");
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(FirstText(outcome.response.result_set()), "1");
  EXPECT_TRUE(outcome.response.result_set().columns(0).has_numerics());
}

TEST_F(LoadTest, ClosesStatementsBeyondItsCache) {
  constexpr int kCacheSize = 8;
  SmallGateway gateway(
      Settings{{"pool.max_prepared_statements", absl::StrCat(kCacheSize)}});
  int most = 0;
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(gateway.client->Query(absl::StrCat("SELECT ", i)).status,
                IsOk());
    const QueryOutcome outcome = gateway.client->Query(
        "SELECT count(*)::int FROM pg_prepared_statements");
    int count = 0;
    ASSERT_TRUE(
        absl::SimpleAtoi(FirstText(outcome.response.result_set()), &count));
    most = std::max(most, count);
  }
  EXPECT_EQ(most, kCacheSize);
}

TEST_F(LoadTest, ClosesConnectionsThatAreIdleBeyondTheMinimum) {
  absl::StatusOr<std::unique_ptr<GatewayProcess>> process =
      stack().StartGateway({{"pool.max_connections", "10"},
                            {"pool.min_connections", "1"},
                            {"pool.idle_timeout", "200ms"}});
  ASSERT_TRUE(process.ok()) << process.status();
  GatewayClient client = stack().MakeClient(**process);
  ASSERT_THAT(client.Query("SELECT 1").status, IsOk());
  const auto count_clients = [] {
    absl::StatusOr<SqlRows> rows = stack().pgbouncer().Show(
        "SHOW CLIENTS", stack().gateway_options().backend_user,
        stack().gateway_options().backend_password);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? static_cast<int>(rows->size()) : -1;
  };
  QueryBatch calls(client);
  const int before = count_clients();
  {
    Barrier barrier;
    for (int i = 0; i < 10; ++i) {
      calls.Start(MakeQuery(kHeld, {Int(kLock)}));
    }
    ASSERT_TRUE(AwaitHeld(10));
    EXPECT_GE(count_clients(), before + 9);
  }
  ASSERT_TRUE(calls.AwaitAll());
  EXPECT_TRUE(
      Await(absl::Seconds(5), [&] { return count_clients() == before; }));
}

}  // namespace
}  // namespace sluice::testing

// No caller finds a trace of another: random calls try to leave something
// behind, and after each the session is looked at from another caller's call.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/integration/leak_attempts.h"
#include "tests/integration/session_trace.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/scale.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;
using Code = grpc::StatusCode;

// A second by design; more on a busy machine.
constexpr absl::Duration kRollbackLimit = absl::Seconds(10);

enum class Rpc { kQuery, kExecute };

unsigned DrawSeed() {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  return seed;
}

// Calls of another caller, and what they should see.
class Witness {
 public:
  // The sessions are new: what they show is what others must see.
  explicit Witness(TestStack& stack)
      : client_(stack.MakeClient()),
        superuser_(*stack.postgres().Connect("app", "postgres")) {
    for (const Rpc rpc : {Rpc::kQuery, Rpc::kExecute}) {
      Ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
          "WHERE usename = 'app'");
      absl::StatusOr<SessionTrace> fresh = Look(rpc);
      EXPECT_TRUE(fresh.ok()) << fresh.status();
      if (fresh.ok()) fresh_[rpc] = *std::move(fresh);
    }
    const absl::StatusOr<SqlRows> randoms = superuser_.Execute(
        "SELECT setseed(0.5); "
        "SELECT random() FROM generate_series(1, 20)");
    for (const SqlRow& row : *randoms) known_randoms_.insert(*row[0]);
  }

  // What is not as it is in a new session; "" for nothing.
  std::string FindTrace(Rpc rpc) {
    absl::StatusOr<SessionTrace> trace = Look(rpc);
    if (!trace.ok()) return std::string(trace.status().message());
    std::string found = Differences(fresh_[rpc], *trace);
    if (known_randoms_.count(random_) > 0) found += "\nthe seed of random()";
    if (client_.Query("SELECT lastval()").status.ok()) {
      found += "\nwhat a sequence gave";
    }
    const QueryOutcome item =
        client_.Query("SELECT id FROM item WHERE id = $1", {Int(1)});
    if (!item.status.ok()) {
      absl::StrAppend(&found, "\nitem: ", item.status.error_message());
    }
    return found;
  }

  // What the gateway's sessions have open, and whose locks they hold.
  std::string FindOpen() {
    return Ask(
        "SELECT string_agg(state, ', ') FROM pg_stat_activity "
        "WHERE usename = 'app' AND (state LIKE 'idle in%' OR pid IN "
        "  (SELECT pid FROM pg_locks WHERE locktype = 'advisory'))");
  }

  const SessionTrace& fresh(Rpc rpc) { return fresh_[rpc]; }
  GatewayClient& client() { return client_; }

 private:
  absl::StatusOr<SessionTrace> Look(Rpc rpc) {
    const std::string sql = SessionTraceSql();
    grpc::Status status;
    std::string text;
    if (rpc == Rpc::kQuery) {
      const QueryOutcome outcome = client_.Query(sql);
      status = outcome.status;
      text = FirstText(outcome.response.result_set());
    } else {
      const ExecuteOutcome outcome = client_.Execute(sql);
      status = outcome.status;
      text = FirstText(outcome.response.result_set());
    }
    if (!status.ok()) return absl::InternalError(status.error_message());
    SessionTrace trace = ParseSessionTrace(text);
    random_ = trace["random"];
    trace.erase("random");
    return trace;
  }

  std::string Ask(const std::string& sql) {
    absl::StatusOr<SqlRows> rows = superuser_.Execute(sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() && !rows->empty() ? rows->front()[0].value_or("") : "";
  }

  GatewayClient client_;
  SqlSession superuser_;
  std::map<Rpc, SessionTrace> fresh_;
  std::string random_;
  std::set<std::string> known_randoms_;
};

template <typename Suite>
class LeakTestOn : public StackTest<Suite> {
 protected:
  static void SetUpTestSuite() {
    StackTest<Suite>::SetUpTestSuite();
    if (Suite::HasFatalFailure()) return;
    TestStack& stack = Suite::stack();
    // What sessions begin with must not stand in the way of what the gateway
    // relies on.
    stack.Ask("ALTER ROLE app SET standard_conforming_strings = off");
    stack.Ask("ALTER ROLE app SET datestyle = 'German'");
    stack.Ask("ALTER ROLE app SET work_mem = '5MB'");
    stack.Ask(absl::StrCat("CREATE ROLE ", kLeakRole));
    stack.Ask(absl::StrCat("GRANT ", kLeakRole, " TO app"));
    GatewayClient client = stack.MakeClient();
    for (const std::string& sql : LeakSetup()) {
      ASSERT_THAT(client.Execute(sql).status, IsOk()) << sql;
    }
  }
};

// One connection, so that every call meets what the one before has left.
class LeakTest : public LeakTestOn<LeakTest> {
 protected:
  friend class StackTest<LeakTest>;
  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"pool.max_connections", "1"},
                       {"limits.max_rows", "10000"}};
    return options;
  }

  // A transaction of one step.
  grpc::Status RunStep(const std::string& sql) {
    v1::RunTransactionRequest request;
    request.set_database("app");
    request.add_steps()->mutable_statement()->set_sql(sql);
    grpc::ClientContext context;
    v1::RunTransactionResponse response;
    return client_.stub().RunTransaction(&context, request, &response);
  }

  Witness witness_{stack()};
  GatewayClient client_ = stack().MakeClient();
};

TEST_F(LeakTest, LeavesNoTraceToTheNextCaller) {
  const unsigned seed = DrawSeed();
  LeakAttempts attempts(client_, seed);
  std::minstd_rand random(seed);
  for (int round = 0; round < Scaled(600, 10000); ++round) {
    const std::string words = attempts.Try();
    const Rpc rpc = random() % 2 == 0 ? Rpc::kQuery : Rpc::kExecute;
    const std::string found = witness_.FindTrace(rpc);
    ASSERT_EQ(found, "") << "seed " << seed << ", round " << round << ": "
                         << words;
    ASSERT_EQ(witness_.FindOpen(), "")
        << "seed " << seed << ", round " << round << ": " << words;
  }
}

TEST_F(LeakTest, SessionsAreAsTheGatewayNeedsThemWhateverTheRoleSays) {
  for (const Rpc rpc : {Rpc::kQuery, Rpc::kExecute}) {
    const SessionTrace& fresh = witness_.fresh(rpc);
    EXPECT_EQ(fresh.at("standard_conforming_strings"), "on");
    EXPECT_THAT(fresh.at("DateStyle"), HasSubstr("ISO"));
    EXPECT_EQ(fresh.at("work_mem"), "5120");
    EXPECT_THAT(fresh.at("application_name"), HasSubstr("sluice"));
    EXPECT_EQ(fresh.at("default_transaction_read_only"),
              rpc == Rpc::kQuery ? "on" : "off");
  }
}

// A reset is cheaper than a connection, and keeps what the gateway prepared.
TEST_F(LeakTest, KeepsTheSessionThatItHasReset) {
  // When the oldest of what the session has prepared was.
  const auto age = [this] {
    return FirstText(client_
                         .Query("SELECT min(prepare_time)::text "
                                "FROM pg_prepared_statements")
                         .response.result_set());
  };
  age();
  const std::string before = age();
  for (const char* command :
       {"SET search_path = leak", "SELECT pg_advisory_lock(7)", "LISTEN leak",
        "CREATE TEMP TABLE leak_table (a int)", "SET ROLE leak_role",
        "DECLARE leak CURSOR WITH HOLD FOR SELECT 1"}) {
    EXPECT_THAT(client_.Execute("SELECT run_sql($1)", {Text(command)}).status,
                IsOk());
    EXPECT_EQ(witness_.FindTrace(Rpc::kQuery), "") << command;
  }
  EXPECT_EQ(age(), before);

  // Here a reset is not enough.
  std::string last = before;
  for (const char* command : {"PREPARE leak AS SELECT 1", "DEALLOCATE ALL"}) {
    client_.Execute("SELECT run_sql($1)", {Text(command)});
    EXPECT_EQ(witness_.FindTrace(Rpc::kExecute), "") << command;
    EXPECT_NE(age(), last) << command;
    last = age();
  }
}

// Parameters and constants got their types from another table.
TEST_F(LeakTest, WhatWasPreparedInAChangedSessionIsForgotten) {
  const std::string sql = "SELECT id FROM item WHERE id = $1 AND id <> $1";
  v1::RunTransactionRequest request;
  request.set_database("app");
  request.add_steps()->mutable_statement()->set_sql(
      "SET LOCAL search_path = leak");
  v1::Step& step = *request.add_steps();
  step.mutable_statement()->set_sql(sql);
  *step.add_parameters() = Text("1");
  grpc::ClientContext context;
  v1::RunTransactionResponse response;
  EXPECT_THAT(client_.stub().RunTransaction(&context, request, &response),
              IsOk());
  EXPECT_THAT(client_.Execute(sql, {Int(1)}).status, IsOk());
  EXPECT_THAT(client_.Query(sql, {Int(1)}).status, IsOk());
}

// However it is written: none of these reaches PostgreSQL.
TEST_F(LeakTest, NoTextEndsOrBeginsATransaction) {
  const std::string comment = absl::StrCat("/*", std::string(17000, 'x'), "*/");
  for (const char* command :
       {"BEGIN", "start transaction", "Commit", "END", "COMMIT AND CHAIN",
        "rollback", "ABORT", "SAVEPOINT s", "RELEASE s", "ROLLBACK TO s",
        "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'"}) {
    for (const std::string& sql :
         {std::string(command), absl::StrCat("/* SELECT */", command),
          absl::StrCat("-- SELECT\n;", command, ";"),
          absl::StrCat(comment, command), absl::StrCat(command, comment)}) {
      const auto refused = FailsWith(Code::INVALID_ARGUMENT,
                                     v1::ERROR_REASON_STATEMENT_NOT_ALLOWED);
      EXPECT_THAT(client_.Query(sql).status, refused) << command;
      EXPECT_THAT(client_.Execute(sql).status, refused) << command;
      EXPECT_THAT(RunStep(sql), refused) << command;
    }
    EXPECT_EQ(witness_.FindOpen(), "") << command;
  }
  // Nor does code that commits.
  for (const char* sql :
       {"DO $$ BEGIN COMMIT; END $$", "CALL run_sql_commit('SELECT 1')",
        "DO $$ BEGIN ROLLBACK; END $$"}) {
    EXPECT_FALSE(RunStep(sql).ok()) << sql;
    EXPECT_EQ(witness_.FindOpen(), "") << sql;
  }
}

// Callers who meet each other's sessions at every moment.
class ConcurrentLeakTest : public LeakTestOn<ConcurrentLeakTest> {
 protected:
  friend class StackTest<ConcurrentLeakTest>;
  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"pool.max_connections", "3"},
                       {"pool.min_connections", "3"},
                       {"concurrency.worker_pairs", "1"},
                       {"limits.max_rows", "10000"}};
    return options;
  }
};

TEST_F(ConcurrentLeakTest, NoCallerSeesWhatOthersLeave) {
  constexpr int kAttackers = 4;
  const unsigned seed = DrawSeed();
  Witness witness(stack());
  std::atomic<int> left = kAttackers;
  std::vector<std::thread> attackers;
  for (unsigned i = 0; i < kAttackers; ++i) {
    attackers.emplace_back([i, seed, &left] {
      GatewayClient client = stack().MakeClient();
      LeakAttempts attempts(client, seed + i);
      for (int n = Scaled(150, 3000); n > 0; --n) attempts.Try();
      --left;
    });
  }
  int looks = 0;
  std::string found;
  for (; left > 0 && found.empty(); ++looks) {
    found = witness.FindTrace(looks % 2 == 0 ? Rpc::kQuery : Rpc::kExecute);
  }
  for (std::thread& attacker : attackers) attacker.join();
  EXPECT_EQ(found, "") << "seed " << seed << ", look " << looks;
  // A call that its caller has given up ends without them.
  EXPECT_TRUE(Await(kRollbackLimit, [&] { return witness.FindOpen().empty(); }))
      << witness.FindOpen() << ", seed " << seed;
  EXPECT_GT(looks, 20);
}

}  // namespace
}  // namespace sluice::testing

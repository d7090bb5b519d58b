// PostgreSQL, pgbouncer and the gateway die or stop; what callers are told,
// and how service comes back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/integration/gated_gateway.h"
#include "tests/support/await.h"
#include "tests/support/call_batch.h"
#include "tests/support/call_error.h"
#include "tests/support/scale.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::grpc::StatusCode;
using ::grpc::health::v1::HealthCheckResponse;

constexpr char kSleepingWrite[] =
    "INSERT INTO item SELECT 1 FROM pg_sleep(30) RETURNING id";

class FaultTest : public StackTest<FaultTest> {
 protected:
  friend class StackTest<FaultTest>;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"pool.max_connections", "4"}};
    return options;
  }

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    ASSERT_THAT(client.Execute("CREATE TABLE item (id int)").status, IsOk());
  }

  // Each test finds service as it should be, and an empty table that no
  // session of an earlier test holds.
  void SetUp() override {
    Terminate("state <> 'idle'");
    ASSERT_TRUE(Await(absl::Seconds(10), [this] {
      return client_.Execute("TRUNCATE item").status.ok();
    }));
  }

  static std::string Terminate(const std::string& condition) {
    return stack().Ask(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE usename = 'app' AND " +
        condition);
  }

  static bool AwaitActive() {
    return Await(absl::Seconds(5), [] {
      return stack().Ask(
                 "SELECT count(*) FROM pg_stat_activity "
                 "WHERE usename = 'app' AND wait_event = 'PgSleep'") == "1";
    });
  }

  HealthCheckResponse::ServingStatus Health(const std::string& service) {
    const auto outcome = client_.CheckHealth(service);
    EXPECT_THAT(outcome.status, IsOk());
    return outcome.response.status();
  }

  // Whether queries succeed again within `limit`.
  bool AwaitService(absl::Duration limit) {
    return Await(limit,
                 [this] { return client_.Query("SELECT 1").status.ok(); });
  }

  static std::string ItemCount() {
    return stack().Ask("SELECT count(*) FROM item");
  }

  GatewayClient client_ = stack().MakeClient();
};

// A read is safe to repeat, so the caller notices nothing.
TEST_F(FaultTest, AQueryOutlivesTheEndOfIdleBackends) {
  for (int i = 0; i < Scaled(5, 200); ++i) {
    ASSERT_NE(Terminate("state = 'idle'"), "0");
    EXPECT_THAT(client_.Query("SELECT 1").status, IsOk());
  }
}

TEST_F(FaultTest, AnExecuteAfterTheEndOfIdleBackendsIsDoneOnceOrSaysSo) {
  for (int i = 0; i < Scaled(5, 200); ++i) {
    ASSERT_NE(Terminate("state = 'idle'"), "0");
    const grpc::Status status =
        client_.Execute(absl::StrCat("INSERT INTO item VALUES (", i, ")"))
            .status;
    const std::string count =
        stack().Ask(absl::StrCat("SELECT count(*) FROM item WHERE id = ", i));
    const CallError error = CallError::Of(status);
    if (status.ok()) {
      EXPECT_EQ(count, "1");
    } else if (error.Metadata("executed") == "no") {
      EXPECT_EQ(count, "0") << error;
    } else {
      EXPECT_THAT(status, FailsWith(StatusCode::UNKNOWN,
                                    v1::ERROR_REASON_OUTCOME_UNKNOWN));
    }
    ASSERT_TRUE(AwaitService(absl::Seconds(3)));
  }
}

TEST_F(FaultTest, AQueryWhoseBackendEndsIsTriedAgain) {
  QueryBatch call(client_);
  call.Start(MakeQuery("SELECT pg_sleep(0.5)"));
  ASSERT_TRUE(AwaitActive());
  ASSERT_EQ(Terminate("wait_event = 'PgSleep'"), "1");
  ASSERT_TRUE(call.AwaitAll());
  EXPECT_THAT(call.outcome(0).status, IsOk());
  EXPECT_EQ(call.outcome(0).response.summary().attempts(), 2);
}

// Its commit was not sent: it did not happen, and may be done again.
TEST_F(FaultTest, AnExecuteWhoseBackendEndsIsTriedAgain) {
  ExecuteBatch call(client_);
  call.Start(
      MakeExecute("INSERT INTO item SELECT 1 FROM pg_sleep(0.5) RETURNING id"));
  ASSERT_TRUE(AwaitActive());
  ASSERT_EQ(Terminate("wait_event = 'PgSleep'"), "1");
  ASSERT_TRUE(call.AwaitAll());
  EXPECT_THAT(call.outcome(0).status, IsOk());
  EXPECT_EQ(call.outcome(0).response.summary().attempts(), 2);
  EXPECT_EQ(ItemCount(), "1");
}

// What ended one session may be ending the others, one after the other.
TEST_F(FaultTest, AnExecuteWhoseSessionsAllEndIsDoneAtItsSecondAttempt) {
  constexpr size_t kSessions = 6;
  GatedGateway gated(stack(),
                     {{"pool.min_connections", absl::StrCat(kSessions)},
                      {"pool.max_connections", absl::StrCat(kSessions)},
                      {"concurrency.worker_pairs", "1"}});
  ASSERT_TRUE(gated.started());
  // By writes: what has been read on proves itself by a switch of access.
  const auto count_sessions = [&] {
    ExecuteBatch calls(gated.client());
    for (size_t i = 0; i < kSessions; ++i) {
      calls.Start(
          MakeExecute("SELECT pg_backend_pid()::int8 FROM pg_sleep(0.1)"));
    }
    EXPECT_TRUE(calls.AwaitAll());
    std::set<int64_t> backends;
    for (size_t i = 0; i < calls.size(); ++i) {
      EXPECT_THAT(calls.outcome(i).status, IsOk());
      backends.insert(
          calls.outcome(i).response.result_set().columns(0).int64s().values(0));
    }
    return backends.size();
  };
  int rounds = 0;
  for (int i = 0; rounds < Scaled(4, 50) && i < 1000; ++i) {
    ASSERT_TRUE(Await(absl::Seconds(10),
                      [&] { return count_sessions() == kSessions; }));
    ExecuteBatch call(gated.client());
    call.Start(
        MakeExecute("INSERT INTO item SELECT 1 FROM pg_sleep(1) RETURNING id"));
    ASSERT_TRUE(AwaitActive());
    const absl::Time start = absl::Now();
    gated.gate().CutAll(absl::Microseconds(600));
    // What takes longer than they are doubted proves nothing.
    const bool counts = absl::Now() - start < absl::Milliseconds(5);
    ASSERT_TRUE(call.AwaitAll());
    if (!counts) continue;
    ++rounds;
    ASSERT_THAT(call.outcome(0).status, IsOk()) << i;
    EXPECT_EQ(call.outcome(0).response.summary().attempts(), 2) << i;
  }
  EXPECT_GT(rounds, 0);
}

// It may have committed on its way.
TEST_F(FaultTest, AProcedureWhoseBackendEndsHasAnUnknownOutcome) {
  ExecuteBatch call(client_);
  call.Start(MakeExecute("DO $$ BEGIN PERFORM pg_sleep(30); END $$"));
  ASSERT_TRUE(AwaitActive());
  ASSERT_EQ(Terminate("wait_event = 'PgSleep'"), "1");
  ASSERT_TRUE(call.AwaitAll());
  EXPECT_THAT(call.outcome(0).status,
              FailsWith(StatusCode::UNKNOWN, v1::ERROR_REASON_OUTCOME_UNKNOWN));
  EXPECT_EQ(CallError::Of(call.outcome(0).status).Metadata("executed"),
            "unknown");
  EXPECT_FALSE(CallError::Of(call.outcome(0).status).retry.has_value());
  EXPECT_TRUE(AwaitService(absl::Seconds(3)));
}

// The code of its error is that of a statement to be prepared anew; it has
// committed by then.
TEST_F(FaultTest, AProcedureIsRunOnceWhateverItsError) {
  ASSERT_THAT(client_
                  .Execute("CREATE PROCEDURE committing() LANGUAGE plpgsql AS "
                           "$$ BEGIN INSERT INTO item VALUES (1); COMMIT; "
                           "RAISE 'no' USING ERRCODE = '26000'; END $$")
                  .status,
              IsOk());
  EXPECT_FALSE(client_.Execute("CALL committing()").status.ok());
  EXPECT_EQ(ItemCount(), "1");
  EXPECT_FALSE(client_
                   .Execute("DO $$ BEGIN INSERT INTO item VALUES (1); COMMIT; "
                            "EXECUTE 'EXECUTE nothing'; END $$")
                   .status.ok());
  EXPECT_EQ(ItemCount(), "2");
}

// An operator's cancel is not the caller's doing.
TEST_F(FaultTest, AStatementThatAnOperatorCancelsIsTold) {
  ExecuteBatch call(client_);
  call.Start(MakeExecute(kSleepingWrite));
  ASSERT_TRUE(AwaitActive());
  ASSERT_EQ(stack().Ask("SELECT count(pg_cancel_backend(pid)) "
                        "FROM pg_stat_activity WHERE wait_event = 'PgSleep'"),
            "1");
  ASSERT_TRUE(call.AwaitAll());
  EXPECT_THAT(
      call.outcome(0).status,
      FailsWith(StatusCode::CANCELLED, v1::ERROR_REASON_STATEMENT_CANCELLED));
  EXPECT_EQ(ItemCount(), "0");
}

TEST_F(FaultTest, ServiceComesBackAfterPgBouncerDied) {
  ExecuteBatch call(client_);
  call.Start(MakeExecute(kSleepingWrite));
  ASSERT_TRUE(AwaitActive());
  stack().pgbouncer().Kill();
  ASSERT_TRUE(call.AwaitAll());
  // Its commit was not sent.
  EXPECT_THAT(
      call.outcome(0).status,
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  EXPECT_EQ(CallError::Of(call.outcome(0).status).Metadata("executed"), "no");
  const QueryOutcome refused =
      client_.Query(MakeQuery("SELECT 1"), absl::Seconds(3));
  EXPECT_THAT(refused.status, FailsWith(StatusCode::UNAVAILABLE,
                                        v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  EXPECT_EQ(CallError::Of(refused.status).Metadata("executed"), "no");
  EXPECT_TRUE(CallError::Of(refused.status).retry.has_value());
  EXPECT_TRUE(Await(absl::Seconds(3), [this] {
    return Health("database/app") == HealthCheckResponse::NOT_SERVING;
  }));

  const absl::Status started = stack().pgbouncer().StartAgain();
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_TRUE(AwaitService(absl::Seconds(3)));
  EXPECT_EQ(Health("database/app"), HealthCheckResponse::SERVING);
}

TEST_F(FaultTest, ServiceComesBackAfterPostgresWasStopped) {
  EXPECT_EQ(Health("database/app"), HealthCheckResponse::SERVING);
  stack().postgres().Stop();
  for (int i = 0; i < 2; ++i) {
    // gRPC's own words, without a reason, would mean that it was too late.
    const QueryOutcome refused =
        client_.Query(MakeQuery("SELECT 1"), absl::Seconds(5));
    EXPECT_THAT(refused.status,
                FailsWith(StatusCode::UNAVAILABLE,
                          v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  }
  EXPECT_EQ(Health("database/app"), HealthCheckResponse::NOT_SERVING);
  // The gateway itself is well.
  EXPECT_EQ(Health(""), HealthCheckResponse::SERVING);

  const absl::Status started = stack().postgres().StartAgain();
  ASSERT_TRUE(started.ok()) << started;
  // By itself: nobody calls.
  EXPECT_TRUE(Await(absl::Seconds(5), [this] {
    return Health("database/app") == HealthCheckResponse::SERVING;
  }));
  EXPECT_TRUE(AwaitService(absl::Seconds(3)));
}

TEST_F(FaultTest, AGatewayThatStartsBeforePostgresServesOnceItIsThere) {
  stack().postgres().Stop();
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway({});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient client = stack().MakeClient(**gateway);
  EXPECT_THAT(
      client.Query(MakeQuery("SELECT 1"), absl::Seconds(5)).status,
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  const absl::Status started = stack().postgres().StartAgain();
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_TRUE(Await(absl::Seconds(5), [&client] {
    return client.Query("SELECT 1").status.ok();
  }));
}

class ShutdownTest : public FaultTest {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    if (HasFatalFailure()) return;
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        stack().StartGateway({{"pool.max_connections", "4"}});
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
    stopped_client_.emplace(stack().client_options("app", gateway_->port()));
    ASSERT_THAT(stopped_client_->Query("SELECT 1").status, IsOk());
    clients_before_ = CountClients();
  }

  // Connections to pgbouncer.
  static size_t CountClients() {
    absl::StatusOr<SqlRows> rows = stack().pgbouncer().Show(
        "SHOW CLIENTS", stack().gateway_options().backend_user,
        stack().gateway_options().backend_password);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->size() : 0;
  }

  std::unique_ptr<GatewayProcess> gateway_;
  std::optional<GatewayClient> stopped_client_;
  size_t clients_before_ = 0;
};

TEST_F(ShutdownTest, EndsCallsInProgressWellAndLeavesNothingBehind) {
  constexpr int kCalls = 40;
  ExecuteBatch calls(*stopped_client_);
  for (int i = 0; i < kCalls; ++i) {
    calls.Start(MakeExecute("INSERT INTO item SELECT 1 FROM pg_sleep(0.05)"));
  }
  // Some run, the others wait for a connection.
  ASSERT_TRUE(Await(absl::Seconds(5), [] { return ItemCount() != "0"; }));
  EXPECT_THAT(stopped_client_->CheckHealth("").status, IsOk());
  gateway_->Terminate();
  ASSERT_TRUE(calls.AwaitAll());
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_THAT(calls.outcome(i).status, IsOk());
  }
  EXPECT_EQ(gateway_->AwaitExit(absl::Seconds(5)), 0);
  EXPECT_EQ(ItemCount(), absl::StrCat(kCalls));
  EXPECT_EQ(stopped_client_->Query("SELECT 1").status.error_code(),
            StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Await(absl::Seconds(2),
                    [this] { return CountClients() < clients_before_; }));
}

// Its grace is 10 seconds.
TEST_F(ShutdownTest, CancelsWhatDoesNotEndInTime) {
  ExecuteBatch call(*stopped_client_);
  call.Start(MakeExecute("INSERT INTO item SELECT 1 FROM pg_sleep(60)"),
             absl::Seconds(60));
  ASSERT_TRUE(AwaitActive());
  gateway_->Terminate();
  ASSERT_TRUE(call.AwaitAll(absl::Seconds(15)));
  EXPECT_FALSE(call.outcome(0).status.ok());
  EXPECT_EQ(gateway_->AwaitExit(absl::Seconds(5)), 0);
  // pgbouncer resets the sessions that the gateway leaves behind.
  EXPECT_TRUE(Await(absl::Seconds(1), [] {
    return stack().Ask(
               "SELECT count(*) FROM pg_stat_activity "
               "WHERE usename = 'app' AND state <> 'idle'") == "0";
  }));
  EXPECT_EQ(ItemCount(), "0");
}

TEST_F(ShutdownTest, ExitsAtOnceWhenNothingIsInProgress) {
  gateway_->Terminate();
  EXPECT_TRUE(Await(absl::Seconds(2), [this] {
    stopped_client_->Query("SELECT 1");
    return gateway_->AwaitExit(absl::ZeroDuration()).has_value();
  }));
}

}  // namespace
}  // namespace sluice::testing

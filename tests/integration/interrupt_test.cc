// Calls that are cancelled and deadlines that pass: PostgreSQL stops, and the
// connection serves the next call.

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/integration/bad_input.h"
#include "tests/support/scale.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kPromptly = absl::Seconds(1);
constexpr char kSleep[] = "SELECT pg_sleep(60)";
constexpr char kSleepingWrite[] =
    "INSERT INTO item SELECT 1 FROM pg_sleep(60) RETURNING id";

class InterruptTest : public BadInputTest {
 protected:
  static std::string CountActive() {
    return stack().Ask(
        "SELECT count(*) FROM pg_stat_activity"
        "  WHERE usename = 'app' AND state <> 'idle'");
  }
  static bool AwaitActive() {
    return Await(absl::Seconds(5), [] { return CountActive() == "1"; });
  }
  static bool AwaitIdle() {
    return Await(kPromptly, [] { return CountActive() == "0"; });
  }
};

TEST_F(InterruptTest, ACancelledCallStopsItsStatement) {
  QueryBatch query(client_);
  query.Start(MakeQuery(kSleep));
  ASSERT_TRUE(AwaitActive());
  query.CancelAll();
  ASSERT_TRUE(query.AwaitAll(kPromptly));
  EXPECT_EQ(query.outcome(0).status.error_code(), Code::CANCELLED);
  EXPECT_TRUE(AwaitIdle());
  ExpectInStep();

  ExecuteBatch execute(client_);
  execute.Start(MakeExecute(kSleepingWrite));
  ASSERT_TRUE(AwaitActive());
  execute.CancelAll();
  ASSERT_TRUE(execute.AwaitAll(kPromptly));
  EXPECT_EQ(execute.outcome(0).status.error_code(), Code::CANCELLED);
  EXPECT_TRUE(AwaitIdle());
  EXPECT_EQ(ItemCount(), "0");
}

TEST_F(InterruptTest, APassedDeadlineStopsItsStatement) {
  const QueryOutcome query =
      client_.Query(MakeQuery(kSleep), absl::Milliseconds(300));
  EXPECT_EQ(query.status.error_code(), Code::DEADLINE_EXCEEDED);
  EXPECT_TRUE(AwaitIdle());
  ExpectInStep();

  const ExecuteOutcome execute =
      client_.Execute(MakeExecute(kSleepingWrite), absl::Milliseconds(300));
  EXPECT_EQ(execute.status.error_code(), Code::DEADLINE_EXCEEDED);
  EXPECT_TRUE(AwaitIdle());
  EXPECT_EQ(ItemCount(), "0");
}

TEST_F(InterruptTest, ADeadlineThatHasPassedAlreadyReachesNothing) {
  EXPECT_EQ(client_
                .Execute(MakeExecute("INSERT INTO item VALUES (1)"),
                         -absl::Seconds(1))
                .status.error_code(),
            Code::DEADLINE_EXCEEDED);
  EXPECT_EQ(ItemCount(), "0");
}

TEST_F(InterruptTest, ACallThatWaitsForAConnectionLeavesTheQueue) {
  QueryBatch holder(client_);
  holder.Start(MakeQuery("SELECT pg_sleep(0.5)"));
  ASSERT_TRUE(AwaitActive());
  ExecuteBatch waiting(client_);
  waiting.Start(MakeExecute("INSERT INTO item VALUES (1)"));
  waiting.Start(MakeExecute("INSERT INTO item VALUES (2)"),
                absl::Milliseconds(100));
  waiting.Start(MakeExecute("INSERT INTO item VALUES (3)"));
  ASSERT_TRUE(waiting.Await(2, absl::Milliseconds(400)));
  waiting.CancelAll();
  ASSERT_TRUE(waiting.AwaitAll());
  EXPECT_EQ(waiting.outcome(0).status.error_code(), Code::CANCELLED);
  EXPECT_EQ(waiting.outcome(1).status.error_code(), Code::DEADLINE_EXCEEDED);
  EXPECT_EQ(holder.in_progress(), 1u);
  ASSERT_TRUE(holder.AwaitAll());
  EXPECT_THAT(holder.outcome(0).status, IsOk());
  EXPECT_EQ(ItemCount(), "0");
}

// A cancel request that comes late must not hit the statement after it.
TEST_F(InterruptTest, ACancelledCallNeverHarmsTheNext) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::minstd_rand random(seed);
  std::uniform_int_distribution<int> micros(0, 8000);
  for (int i = 0; i < Scaled(150, 3000); ++i) {
    QueryBatch cancelled(client_);
    cancelled.Start(MakeQuery("SELECT pg_sleep(0.004)"));
    cancelled.Await(0, absl::Microseconds(micros(random)));
    cancelled.CancelAll();
    const QueryOutcome next = client_.Query("SELECT pg_sleep(0.002)");
    ASSERT_THAT(next.status, IsOk()) << "round " << i;
    ASSERT_TRUE(cancelled.AwaitAll());
  }
}

class OwnGatewayTest : public InterruptTest {
 protected:
  // Without a deadline of its own the client hears the server's.
  grpc::Status QueryWithoutDeadline(const Settings& settings) {
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        stack().StartGateway(settings);
    if (!gateway.ok()) {
      return grpc::Status(Code::UNKNOWN, gateway.status().ToString());
    }
    GatewayClient client = stack().MakeClient(**gateway);
    grpc::ClientContext context;
    v1::QueryResponse response;
    return client.stub().Query(&context, MakeQuery(kSleep), &response);
  }

  void SetUp() override {}
  void TearDown() override {}
};

TEST_F(OwnGatewayTest, HoldsForACallWithoutOne) {
  const grpc::Status status =
      QueryWithoutDeadline({{"limits.default_deadline", "300ms"}});
  EXPECT_THAT(status, FailsWith(Code::DEADLINE_EXCEEDED,
                                v1::ERROR_REASON_DEADLINE_EXCEEDED));
  EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
}

TEST_F(OwnGatewayTest, CutsALongerOne) {
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway({{"limits.default_deadline", "300ms"},
                            {"limits.max_deadline", "300ms"}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient client = stack().MakeClient(**gateway);
  const ExecuteOutcome outcome = client.Execute(kSleepingWrite);
  EXPECT_THAT(outcome.status, FailsWith(Code::DEADLINE_EXCEEDED,
                                        v1::ERROR_REASON_DEADLINE_EXCEEDED));
  EXPECT_EQ(CallError::Of(outcome.status).Metadata("executed"), "no");
  EXPECT_EQ(ItemCount(), "0");
}

// It is asked about over a connection before it gets one to run.
TEST_F(OwnGatewayTest, ACallThatWaitsToBeRoutedLeavesTheQueue) {
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway({{"concurrency.worker_pairs", "1"},
                            {"pool.max_connections", "1"},
                            {"pool.max_waiters", "4"}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient client = stack().MakeClient(**gateway);
  QueryBatch holder(client);
  holder.Start(MakeQuery(kSleep), absl::Seconds(60));
  // Opening a connection is activity, too.
  ASSERT_TRUE(Await(absl::Seconds(10), [] {
    return stack().Ask(
               "SELECT count(*) FROM pg_stat_activity WHERE "
               "usename = 'app' AND state = 'active' AND query = '" +
               std::string(kSleep) + "'") == "1";
  }));
  ExecuteBatch waiting(client);
  for (int i = 0; i < 4; ++i) {
    v1::ExecuteRequest request = MakeExecute(absl::StrCat("SELECT ", i));
    request.set_read_routing(v1::READ_ROUTING_AUTO);
    waiting.Start(request, absl::Milliseconds(200));
  }
  ASSERT_TRUE(waiting.AwaitAll());
  for (size_t i = 0; i < waiting.size(); ++i) {
    EXPECT_EQ(waiting.outcome(i).status.error_code(), Code::DEADLINE_EXCEEDED);
  }
  // There is room for others.
  EXPECT_TRUE(Await(absl::Seconds(10), [&] {
    return client.Query(MakeQuery("SELECT 1"), absl::Milliseconds(100))
               .status.error_code() == Code::DEADLINE_EXCEEDED;
  }));
  holder.CancelAll();
  ASSERT_TRUE(holder.AwaitAll());
}

}  // namespace
}  // namespace sluice::testing

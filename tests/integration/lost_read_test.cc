// Reads that lose their connection while no node but the primary is left for
// them, and statements that a node refuses as a standby does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/proto_duration.h"
#include "tests/integration/cluster_stack.h"
#include "tests/integration/read_request.h"
#include "tests/support/await.h"
#include "tests/support/call_batch.h"
#include "tests/support/call_error.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

// Of a read: the gateway waits longer for a primary.
constexpr absl::Duration kSoon = absl::Seconds(6);
constexpr char kRead[] = "SELECT pg_sleep(1)::text || 7";

class LostReadTest : public ::testing::Test {
 protected:
  void Start(int replicas, Settings routing = {}) {
    ClusterStackOptions options;
    options.cluster.replicas = replicas;
    options.routing = std::move(routing);
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
  }

  v1::ClusterNode NodeAt(int index) const {
    GatewayClient admin(stack_->client_options(0, "admin"));
    v1::GetTopologyResponse response;
    grpc::ClientContext context;
    EXPECT_THAT(admin.admin().GetTopology(&context, {}, &response), IsOk());
    return response.clusters(0).nodes(index);
  }

  // Ends the session that runs something on the primary, once there is one.
  bool EndSession() {
    return Await(absl::Seconds(10), [this] {
      return stack_->node(0).Ask(
                 "app",
                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 "WHERE usename = 'app' AND state = 'active' "
                 "AND query LIKE '%pg_sleep(1)%'") == "t";
    });
  }

  void ExpectSecondTry(const v1::Consistency& consistency) {
    GatewayClient client = stack_->MakeClient();
    QueryBatch reads(client);
    reads.Start(MakeRead(kRead, consistency));
    ASSERT_TRUE(EndSession());
    const absl::Time lost = absl::Now();
    ASSERT_TRUE(reads.AwaitAll());
    EXPECT_LT(absl::Now() - lost, kSoon);
    EXPECT_THAT(reads.outcome(0).status, IsOk());
    const v1::ExecutionSummary& summary = reads.outcome(0).response.summary();
    EXPECT_EQ(summary.node(), "n0");
    EXPECT_EQ(summary.attempts(), 2);
  }

  std::unique_ptr<ClusterStack> stack_;
};

TEST_F(LostReadTest, RunsAgainOnTheOnlyNode) {
  ASSERT_NO_FATAL_FAILURE(Start(0));
  for (const v1::Consistency& consistency :
       {Strong(), Any(), AtMost(absl::Seconds(60))}) {
    ExpectSecondTry(consistency);
  }
}

TEST_F(LostReadTest, RunsAgainOnThePrimaryWhileReplicasAreDown) {
  ASSERT_NO_FATAL_FAILURE(Start(1));
  stack_->node(1).Kill();
  ASSERT_TRUE(Await(absl::Seconds(10), [this] {
    return NodeAt(1).state() == v1::CLUSTER_NODE_STATE_DOWN;
  }));
  ExpectSecondTry(Any());
}

TEST_F(LostReadTest, IsDescribedAgainOnTheOnlyNode) {
  ASSERT_NO_FATAL_FAILURE(Start(0));
  // Called when it is planned.
  ASSERT_TRUE(stack_->node(0)
                  .Execute("app",
                           "CREATE FUNCTION seven() RETURNS int LANGUAGE "
                           "plpgsql IMMUTABLE AS 'BEGIN PERFORM "
                           "pg_sleep(1); RETURN 7; END'; "
                           "GRANT EXECUTE ON FUNCTION seven TO app")
                  .ok());
  v1::DescribeRequest request;
  request.set_database("app");
  request.mutable_statement()->set_sql("SELECT seven() -- pg_sleep(1)");
  request.set_explain(v1::EXPLAIN_MODE_TEXT);
  *request.mutable_options()->mutable_consistency() = Any();
  Outcome<v1::DescribeResponse> outcome;
  std::thread caller([&] {
    GatewayClient client = stack_->MakeClient();
    outcome = client.Describe(request);
  });
  EXPECT_TRUE(EndSession());
  caller.join();
  EXPECT_THAT(outcome.status, IsOk());
}

class RefusedStatementTest : public LostReadTest {
 protected:
  // PostgreSQL refuses the next statement that begins by a CREATE INDEX, as a
  // standby does.
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Start(0, {{"probe_interval", "10s"}}));
    const auto made = stack_->node(0).Execute("app", R"(
        SET ROLE app;
        CREATE TABLE item (id int);
        CREATE SEQUENCE refusals;
        CREATE FUNCTION refuse() RETURNS void LANGUAGE plpgsql AS $$
          BEGIN
            IF nextval('refusals') = 1 THEN
              RAISE read_only_sql_transaction;
            END IF;
          END $$;
        CREATE FUNCTION refuse_command() RETURNS event_trigger
          LANGUAGE plpgsql AS 'BEGIN PERFORM refuse(); END';
        CREATE PROCEDURE refused() LANGUAGE plpgsql
          AS 'BEGIN PERFORM refuse(); END';
        RESET ROLE;
        CREATE EVENT TRIGGER refusal ON ddl_command_start
          WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION refuse_command())");
    ASSERT_TRUE(made.ok()) << made.status();
  }

  std::string CountRefusals() {
    return stack_->node(0).Ask("app", "SELECT last_value FROM refusals");
  }
};

TEST_F(RefusedStatementTest, RunsAgainOnceThePrimaryHasSaidWhatItIs) {
  GatewayClient client = stack_->MakeClient();
  const ExecuteOutcome outcome =
      client.Execute("CREATE INDEX CONCURRENTLY item_id ON item (id)");
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.response.summary().attempts(), 2);
  EXPECT_EQ(CountRefusals(), "2");
}

TEST_F(RefusedStatementTest, AProcedureDoesNotRunAgainButItsNodeIsAsked) {
  const auto answer_age = [this] { return FromProto(NodeAt(0).answer_age()); };
  ASSERT_TRUE(Await(kSoon, [&] { return answer_age() > absl::Seconds(2); }));
  GatewayClient client = stack_->MakeClient();
  const ExecuteOutcome outcome = client.Execute("CALL refused()");
  EXPECT_THAT(outcome.status,
              FailsWith(Code::FAILED_PRECONDITION, v1::ERROR_REASON_READ_ONLY));
  EXPECT_EQ(CallError::Of(outcome.status).Metadata("executed"), "unknown");
  EXPECT_EQ(CountRefusals(), "1");
  EXPECT_TRUE(
      Await(absl::Seconds(4), [&] { return answer_age() < absl::Seconds(1); }));
}

}  // namespace
}  // namespace sluice::testing

// Writes while pgbouncer is stopped, and another primary comes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "tests/integration/commit_fence_test.h"
#include "tests/support/sql_session.h"
#include "tests/support/transact_stream.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

class FrozenPoolerTest : public CommitFenceTest {
 protected:
  // The gateway goes on with what the old primary has answered meanwhile.
  void PromoteWhileFrozen() {
    stack_->pooler().pgbouncer().Freeze();
    AwaitUnreachable();
    PromoteBehindGate();
    stack_->pooler().pgbouncer().Wake();
  }
  void AwaitUnreachable() {
    for (const int node : {0, 1, 2}) {
      EXPECT_TRUE(Await(kLimit, [&] {
        return StateOf(node) == v1::CLUSTER_NODE_STATE_UNREACHABLE;
      }));
    }
  }
};

TEST_F(FrozenPoolerTest, AfterAFrozenPoolerNothingIsCommittedOnTheOldPrimary) {
  ASSERT_NO_FATAL_FAILURE(StartAlone());
  ASSERT_THAT(client_->Execute(kInsert).status, IsOk());
  auto held = Hold([this] { return client_->Execute(kInsert); },
                   "state = 'idle in transaction'");
  PromoteWhileFrozen();
  ExpectBegunAnew(Hear(held));
  EXPECT_EQ(CountItems(0), "1");
}

TEST_F(FrozenPoolerTest, NorIsAnInteractiveTransaction) {
  ASSERT_NO_FATAL_FAILURE(StartAlone());
  ASSERT_THAT(client_->Execute(kInsert).status, IsOk());
  const std::unique_ptr<TransactStream> open = client_->OpenTransact();
  ASSERT_TRUE(open->Ask(MakeBegin()).has_begun());
  ASSERT_FALSE(open->Ask(MakeStatement(kInsert)).has_error());
  auto held = Hold([&] { return open->Ask(MakeCommit()); },
                   "state = 'idle in transaction' AND "
                   "query LIKE '%pg_current_xact_id%'");
  PromoteWhileFrozen();
  EXPECT_FALSE(Hear(held).has_committed());
  const grpc::Status status = open->Finish();
  EXPECT_EQ(status.error_code(), Code::UNAVAILABLE);
  EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
  EXPECT_EQ(CountItems(0), "1");
  EXPECT_EQ(CountItems(1), "0");
}

TEST_F(FrozenPoolerTest, ACommitThatAFrozenPoolerHoldsIsOpenBeforeItWakes) {
  ASSERT_NO_FATAL_FAILURE(
      StartAlone("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
                 "'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';"
                 "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON item "
                 "DEFERRABLE INITIALLY DEFERRED "
                 "FOR EACH ROW EXECUTE FUNCTION wait()"));
  absl::StatusOr<SqlSession> lock = stack_->node(0).Connect("app", "postgres");
  ASSERT_TRUE(lock.ok()) << lock.status();
  ASSERT_TRUE(lock->Execute("SELECT pg_advisory_lock(1)").ok());
  auto held = std::async(std::launch::async,
                         [this] { return client_->Execute(kInsert); });
  ASSERT_TRUE(Await(kLimit, [this] {
    return HasSession("wait_event = 'advisory' AND query LIKE 'COMMIT%'");
  }));
  stack_->pooler().pgbouncer().Freeze();
  AwaitUnreachable();
  ASSERT_TRUE(stack_->node(1).Promote().ok());
  ASSERT_TRUE(lock->Execute("SELECT pg_advisory_unlock(1)").ok());
  ASSERT_TRUE(Await(kLimit, [this] { return CountItems(0) == "1"; }));
  EXPECT_EQ(held.wait_for(std::chrono::seconds(12)), std::future_status::ready);
  stack_->pooler().pgbouncer().Wake();
  EXPECT_THAT(held.get().status,
              FailsWith(Code::UNKNOWN, v1::ERROR_REASON_OUTCOME_UNKNOWN));
  EXPECT_EQ(CountItems(1), "0");
}

TEST_F(FrozenPoolerTest, NothingThatWasAcknowledgedGoesWithAFrozenPooler) {
  ClusterStackOptions options;
  options.gates = StackPoolers::kGated;
  ASSERT_NO_FATAL_FAILURE(Start(options, /*synchronous=*/0));
  const absl::Time frozen_at = absl::Now();
  stack_->pooler().pgbouncer().Freeze();
  ASSERT_TRUE(
      Await(kLimit, [this] { return !HasSession("state = 'active'"); }));
  for (const size_t standby : {1, 2}) {
    ASSERT_TRUE(stack_->cluster().AwaitReplayed(standby, 0));
  }
  // There is something that a COMMIT would still write.
  EXPECT_TRUE(HasSession("state = 'idle in transaction'"));
  Promote(1);
  // Commits that pgbouncer holds may take place yet; nobody is told so.
  EXPECT_TRUE(Await(kLimit, [this] {
    return TopologyOf().nodes(0).connections_in_use() == 0;
  }));
  stack_->pooler().pgbouncer().Wake();
  const absl::Time back =
      AwaitWritesAfter(absl::Now(), kBack + absl::Seconds(1));
  CheckLedgerAt(1, {frozen_at, back});
}

}  // namespace
}  // namespace sluice::testing

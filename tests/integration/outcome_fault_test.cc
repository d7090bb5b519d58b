// Connections lost before and after COMMIT, and commits that a standby does
// not confirm: what callers are told, and what becomes of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/gated_gateway.h"
#include "tests/integration/ledger_writer.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::grpc::StatusCode;

constexpr absl::Duration kSoon = absl::Seconds(10);

// Each way to write, by itself.
class OutcomeFaultTest : public StackTest<OutcomeFaultTest>,
                         public ::testing::WithParamInterface<WriteKind> {
 protected:
  friend class StackTest<OutcomeFaultTest>;

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(stack().postgres().Execute("app", MakeLedgerSql()).ok());
  }

  void SetUp() override {
    ASSERT_TRUE(gated_.started());
    stack().Ask("TRUNCATE ledger_entry, balance_change");
    // The statements are prepared, so that what follows is alike.
    ASSERT_EQ(writer_.Write(MakeWrite()).ending, Ending::kAcknowledged);
  }

  static Settings GatewaySettings() {
    // One connection at a time, so that a cut does not meet idle ones.
    return {{"pool.max_connections", "2"},
            {"pool.min_connections", "0"},
            {"concurrency.worker_pairs", "1"}};
  }

  bool is_stream() const {
    return GetParam() == WriteKind::kTransactAhead ||
           GetParam() == WriteKind::kTransactInTurn;
  }

  static LedgerWrite MakeWrite() { return {++last_id_, GetParam()}; }
  std::future<WriteResult> Start(const LedgerWrite& write) {
    return std::async(std::launch::async,
                      [this, write] { return writer_.Write(write); });
  }

  // How often the write is in both tables.
  static std::string CountOf(const LedgerWrite& write) {
    return stack().Ask(absl::StrCat(
        "SELECT (SELECT count(*) FROM ledger_entry WHERE id = ", write.id,
        ") || ',' || (SELECT count(*) "
        "FROM balance_change WHERE id = ",
        write.id, ")"));
  }

  // So many sessions of the gateway's role that wait for a thing of that kind.
  static bool AwaitWaiting(const std::string& condition, int count) {
    return Await(kSoon, [&] {
      return stack().Ask(
                 "SELECT count(*) FROM pg_stat_activity "
                 "WHERE usename = 'app' AND " +
                 condition) == absl::StrCat(count);
    });
  }
  static bool AwaitIdle() { return AwaitWaiting("state <> 'idle'", 0); }

  // References are of the gateway that gave them.
  static v1::TransactionOutcome OutcomeOf(const WriteResult& result,
                                          LedgerWriter& writer) {
    const auto outcome = writer.AwaitOutcome(result.outcome_reference);
    EXPECT_THAT(outcome.status, IsOk());
    return outcome.response.outcome();
  }

  void ExpectUnknown(const WriteResult& result) {
    EXPECT_THAT(result.status, FailsWith(StatusCode::UNKNOWN,
                                         v1::ERROR_REASON_OUTCOME_UNKNOWN));
    const CallError error = CallError::Of(result.status);
    EXPECT_EQ(error.Metadata("executed"), "unknown");
    EXPECT_FALSE(error.retry.has_value());
    EXPECT_NE(result.outcome_reference, "") << result;
  }

  GatedGateway gated_{stack(), GatewaySettings()};
  LedgerWriter writer_{gated_.client()};
  // Each write of the program has its own.
  static inline int64_t last_id_ = 0;
};

std::string ParameterName(const ::testing::TestParamInfo<WriteKind>& info) {
  return NameOf(info.param);
}

const auto kEveryWay = ::testing::ValuesIn(kWriteKinds);

// ---- before COMMIT ----------------------------------------------------------

// Its last insert waits until the test lets go of the table.
class LostBeforeCommitTest : public OutcomeFaultTest {
 protected:
  void SetUp() override {
    OutcomeFaultTest::SetUp();
    holder_.emplace(*stack().postgres().Connect("app", "postgres"));
    ASSERT_TRUE(holder_->Execute("BEGIN; LOCK TABLE balance_change").ok());
  }

  // Loses the connection of the write, which is the only one.
  void LoseConnection(int attempt) {
    // PostgreSQL goes on with the statements of the attempts before.
    ASSERT_TRUE(AwaitWaiting("wait_event_type = 'Lock'", attempt));
    EXPECT_GE(gated_.gate().CutAll(), 1);
  }

  std::optional<SqlSession> holder_;
};
INSTANTIATE_TEST_SUITE_P(EveryWay, LostBeforeCommitTest, kEveryWay,
                         ParameterName);

TEST_P(LostBeforeCommitTest, IsTriedAgainByTheServerThatHasTheWholeOfIt) {
  const LedgerWrite write = MakeWrite();
  std::future<WriteResult> pending = Start(write);
  ASSERT_NO_FATAL_FAILURE(LoseConnection(1));
  if (!is_stream()) {
    ASSERT_TRUE(AwaitWaiting("wait_event_type = 'Lock'", 2));
  } else {
    const WriteResult result = pending.get();
    EXPECT_THAT(result.status, FailsWith(StatusCode::UNAVAILABLE,
                                         v1::ERROR_REASON_CONNECTION_LOST));
    EXPECT_EQ(CallError::Of(result.status).Metadata("executed"), "no");
  }
  holder_.reset();
  if (!is_stream()) {
    const WriteResult result = pending.get();
    EXPECT_THAT(result.status, IsOk());
    EXPECT_EQ(result.attempts, 2);
  }
  ASSERT_TRUE(AwaitIdle());
  EXPECT_EQ(CountOf(write), is_stream() ? "0,0" : "1,1");
}

TEST_P(LostBeforeCommitTest, IsCertainlyNotExecutedWhenNoAttemptEnds) {
  const LedgerWrite write = MakeWrite();
  std::future<WriteResult> pending = Start(write);
  for (int attempt = 1; attempt <= (is_stream() ? 1 : 3); ++attempt) {
    ASSERT_NO_FATAL_FAILURE(LoseConnection(attempt));
  }
  const WriteResult result = pending.get();
  EXPECT_THAT(result.status, FailsWith(StatusCode::UNAVAILABLE,
                                       v1::ERROR_REASON_CONNECTION_LOST));
  EXPECT_EQ(CallError::Of(result.status).Metadata("executed"), "no");
  holder_.reset();
  ASSERT_TRUE(AwaitIdle());
  EXPECT_EQ(CountOf(write), "0,0");
  EXPECT_EQ(gated_.gate().counts().commit_cuts, 0);
}

// ---- between COMMIT and its reply -------------------------------------------

class LostAfterCommitTest : public OutcomeFaultTest {
 protected:
  // Writes with that cut. Nothing may be tried again.
  WriteResult WriteCut(const LedgerWrite& write, CommitCut how) {
    const int64_t commits = gated_.gate().counts().commits;
    gated_.gate().CutNextCommit(how);
    WriteResult result = writer_.Write(write);
    ExpectUnknown(result);
    EXPECT_EQ(gated_.gate().counts().commits, commits + 1);
    EXPECT_EQ(gated_.gate().counts().commit_cuts, 1);
    EXPECT_TRUE(AwaitIdle());
    return result;
  }

  // The same once more: with a request_id it is answered by what became of it.
  void ExpectRepeatable(const LedgerWrite& write, bool committed) {
    if (!HasRequestId(write.kind)) return;
    const WriteResult repeated = writer_.Write(write);
    EXPECT_THAT(repeated.status, IsOk());
    EXPECT_EQ(repeated.replayed, committed);
    EXPECT_EQ(CountOf(write), "1,1");
  }
};
INSTANTIATE_TEST_SUITE_P(EveryWay, LostAfterCommitTest, kEveryWay,
                         ParameterName);

TEST_P(LostAfterCommitTest, IsAbortedWhenPostgresNeverGotTheCommit) {
  const LedgerWrite write = MakeWrite();
  const WriteResult result = WriteCut(write, CommitCut::kBeforeServer);
  EXPECT_EQ(OutcomeOf(result, writer_), v1::TRANSACTION_OUTCOME_ABORTED);
  EXPECT_EQ(CountOf(write), "0,0");
  ExpectRepeatable(write, /*committed=*/false);
}

TEST_P(LostAfterCommitTest, IsCommittedWhenOnlyTheReplyWasLost) {
  const LedgerWrite write = MakeWrite();
  const WriteResult result = WriteCut(write, CommitCut::kAtReply);
  EXPECT_EQ(OutcomeOf(result, writer_), v1::TRANSACTION_OUTCOME_COMMITTED);
  EXPECT_EQ(CountOf(write), "1,1");
  ExpectRepeatable(write, /*committed=*/true);
}

TEST_P(LostAfterCommitTest, IsOneOrTheOtherWhenTheConnectionIsCutThere) {
  const LedgerWrite write = MakeWrite();
  const WriteResult result = WriteCut(write, CommitCut::kAfterServer);
  const bool committed =
      OutcomeOf(result, writer_) == v1::TRANSACTION_OUTCOME_COMMITTED;
  EXPECT_EQ(CountOf(write), committed ? "1,1" : "0,0");
  if (!committed) {
    EXPECT_EQ(OutcomeOf(result, writer_), v1::TRANSACTION_OUTCOME_ABORTED);
  }
  ExpectRepeatable(write, committed);
}

// ---- a synchronous standby that is not there --------------------------------

class UnconfirmedCommitTest : public OutcomeFaultTest {
 protected:
  static constexpr char kWaits[] = "wait_event = 'SyncRep'";

  void SetUp() override {
    OutcomeFaultTest::SetUp();
    SetStandbys("nobody");
  }
  void TearDown() override {
    SetStandbys("");
    ASSERT_TRUE(AwaitIdle());
  }

  static void SetStandbys(const std::string& names) {
    stack().Ask(absl::StrCat("ALTER SYSTEM SET synchronous_standby_names = '",
                             names, "'"));
    stack().Ask("SELECT pg_reload_conf()");
    // The checkpointer, which makes commits wait, takes it up when it comes to
    // it: a commit tells.
    ASSERT_TRUE(Await(kSoon, [&] { return CommitWaits() == !names.empty(); }));
  }

  static bool CommitWaits() {
    std::future<void> commit = std::async(std::launch::async, [] {
      stack().Ask("INSERT INTO ledger_entry VALUES (-1, 0)");
    });
    bool waits = false;
    Await(kSoon, [&] {
      waits = CancelWaiting("pg_cancel_backend") == "1";
      return waits || commit.wait_for(std::chrono::seconds(0)) ==
                          std::future_status::ready;
    });
    return waits;
  }

  // Ends the wait of commits by that function; of how many.
  static std::string CancelWaiting(const std::string& function) {
    return stack().Ask(absl::StrCat("SELECT count(", function,
                                    "(pid)) FROM pg_stat_activity WHERE ",
                                    kWaits));
  }

  // It is open until somebody cancels it.
  void AwaitWrite() { ASSERT_TRUE(AwaitWaiting(kWaits, 1)); }

  // A failover would lose it until a standby confirms it, so nobody is told
  // before that it is committed.
  void ExpectCommitted(const LedgerWrite& write, const WriteResult& result,
                       LedgerWriter& writer) {
    ExpectUnknown(result);
    const auto outcome = writer.AskOutcome(result.outcome_reference);
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_EQ(outcome.response.outcome(), v1::TRANSACTION_OUTCOME_IN_PROGRESS);
    if (HasRequestId(write.kind)) {
      LedgerWrite repeated = write;
      repeated.deadline = absl::Seconds(1);
      EXPECT_EQ(writer.Write(repeated).ending, Ending::kUnknown);
    }
    ASSERT_TRUE(AwaitIdle());
    SetStandbys("");
    EXPECT_EQ(OutcomeOf(result, writer), v1::TRANSACTION_OUTCOME_COMMITTED);
    EXPECT_EQ(CountOf(write), "1,1");
  }
};
INSTANTIATE_TEST_SUITE_P(EveryWay, UnconfirmedCommitTest, kEveryWay,
                         ParameterName);

TEST_P(UnconfirmedCommitTest, IsUnknownWhenAnOperatorCancelsIt) {
  const LedgerWrite write = MakeWrite();
  std::future<WriteResult> pending = Start(write);
  AwaitWrite();
  EXPECT_EQ(CancelWaiting("pg_cancel_backend"), "1");
  ExpectCommitted(write, pending.get(), writer_);
}

TEST_P(UnconfirmedCommitTest, IsUnknownWhenItsSessionIsTerminated) {
  const LedgerWrite write = MakeWrite();
  std::future<WriteResult> pending = Start(write);
  AwaitWrite();
  EXPECT_EQ(CancelWaiting("pg_terminate_backend"), "1");
  ExpectCommitted(write, pending.get(), writer_);
}

// Its commit is with PostgreSQL already: that the app may no longer have it is
// no word of whether it took place.
TEST_P(UnconfirmedCommitTest, IsUnknownWhenItsAppLosesItsGrant) {
  const LedgerWrite write = MakeWrite();
  std::future<WriteResult> pending = Start(write);
  AwaitWrite();
  std::vector<GatewayApp> apps = stack().gateway_options().apps;
  const std::string policy = RenderPolicy(apps);
  apps[0].databases.clear();
  ASSERT_TRUE(gated_.gateway().ReplacePolicy(RenderPolicy(apps)).ok());
  const WriteResult result = pending.get();
  ASSERT_TRUE(gated_.gateway().ReplacePolicy(policy).ok());
  ASSERT_TRUE(Await(
      kSoon, [this] { return gated_.client().Query("SELECT 1").status.ok(); }));
  ExpectCommitted(write, result, writer_);
}

// The server's own deadline, since the client does not wait for an answer
// beyond its own.
TEST_P(UnconfirmedCommitTest, IsUnknownWhenItsDeadlinePasses) {
  Settings settings = GatewaySettings();
  settings["limits.max_deadline"] = "1s";
  settings["limits.max_transaction_time"] = "1s";
  GatedGateway hasty(stack(), settings);
  ASSERT_TRUE(hasty.started());
  const LedgerWrite write = MakeWrite();
  LedgerWriter writer(hasty.client());
  ExpectCommitted(write, writer.Write(write), writer);
}

// Its caller is told nothing any more, but may ask again.
TEST_P(UnconfirmedCommitTest, IsNoFailureWhenItsCallerHasGone) {
  LedgerWrite write = MakeWrite();
  write.deadline = absl::Milliseconds(500);
  const WriteResult result = writer_.Write(write);
  EXPECT_EQ(result.ending, Ending::kUnknown) << result;
  ASSERT_TRUE(AwaitIdle());
  EXPECT_EQ(CountOf(write), "1,1");
  if (!HasRequestId(write.kind)) return;
  SetStandbys("");
  write.deadline = GatewayClient::kDeadline;
  const WriteResult repeated = writer_.Write(write);
  EXPECT_THAT(repeated.status, IsOk());
  EXPECT_TRUE(repeated.replayed);
  EXPECT_EQ(CountOf(write), "1,1");
}

}  // namespace
}  // namespace sluice::testing

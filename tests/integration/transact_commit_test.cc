// Commits of interactive transactions whose reply does not come: what is told,
// and what the reference then says.

#include <memory>
#include <string>

#include "tests/integration/transact.h"
#include "tests/support/socket_gate.h"

namespace sluice::testing {
namespace {

class TransactCommitTest : public TransactTest {
 protected:
  // A gateway whose way to pgbouncer can be cut.
  void SetUp() override {
    TransactTest::SetUp();
    GatewayOptions options = stack().gateway_options();
    absl::StatusOr<std::unique_ptr<SocketGate>> gate =
        SocketGate::Start({options.backend_host, options.backend_port});
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
    options.backend_host = gate_->address().host;
    options.backend_port = gate_->address().port;
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        GatewayProcess::Start(options);
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
    gated_ = std::make_unique<GatewayClient>(
        stack().client_options("app", gateway_->port()));
  }

  v1::TransactionOutcome OutcomeOf(const std::string& reference) {
    v1::TransactionOutcome outcome = v1::TRANSACTION_OUTCOME_UNSPECIFIED;
    EXPECT_TRUE(Await(absl::Seconds(10), [&] {
      const auto told = gated_->GetTransactionOutcome(reference);
      outcome = told.response.outcome();
      return told.status.ok() && outcome != v1::TRANSACTION_OUTCOME_IN_PROGRESS;
    }));
    return outcome;
  }

  std::unique_ptr<SocketGate> gate_;
  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<GatewayClient> gated_;
};

TEST_F(TransactCommitTest, ACommitWithoutAReplyIsUnknownAndCanBeFoundOut) {
  int id = 0;
  for (const CommitCut cut : {CommitCut::kBeforeServer, CommitCut::kAfterServer,
                              CommitCut::kAtReply}) {
    SCOPED_TRACE(static_cast<int>(cut));
    ASSERT_TRUE(Await(absl::Seconds(5), [this] {
      return gated_->Query("SELECT 1").status.ok();
    }));
    const auto stream = Open(*gated_);
    EXPECT_TRUE(Insert(*stream, ++id).has_result());
    gate_->CutNextCommit(cut);
    EXPECT_FALSE(stream->Ask(MakeCommit()).has_committed());
    const CallError error = CallError::Of(stream->Finish());
    EXPECT_THAT(error.status,
                FailsWith(Code::UNKNOWN, v1::ERROR_REASON_OUTCOME_UNKNOWN));
    EXPECT_EQ(error.Metadata("executed"), "unknown");
    EXPECT_FALSE(error.retry.has_value());
    const v1::TransactionOutcome outcome =
        OutcomeOf(error.Metadata("outcome_reference"));
    const bool took_place =
        stack().Ask(
            absl::StrCat("SELECT count(*) FROM item WHERE id = ", id)) == "1";
    EXPECT_EQ(outcome, took_place ? v1::TRANSACTION_OUTCOME_COMMITTED
                                  : v1::TRANSACTION_OUTCOME_ABORTED);
    EXPECT_TRUE(cut != CommitCut::kBeforeServer || !took_place);
    EXPECT_TRUE(cut != CommitCut::kAtReply || took_place);
  }
}

TEST_F(TransactCommitTest, ALossBeforeTheCommitIsNoQuestion) {
  const auto stream = Open(*gated_);
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  EXPECT_GT(gate_->CutAll(), 0);
  const CallError error = CallError::Of(stream->Finish());
  EXPECT_THAT(error.status,
              FailsWith(Code::UNAVAILABLE, v1::ERROR_REASON_CONNECTION_LOST));
  EXPECT_EQ(error.Metadata("executed"), "no");
  EXPECT_TRUE(error.retry.has_value());
  ExpectNothingOpen();
}

TEST_F(TransactCommitTest, TheReferenceOfACommitSaysThatItTookPlace) {
  const auto stream = Open(*gated_);
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  const v1::TransactResponse response = stream->Ask(MakeCommit());
  EXPECT_EQ(OutcomeOf(response.committed().outcome_reference()),
            v1::TRANSACTION_OUTCOME_COMMITTED);
  EXPECT_THAT(stream->Finish(), IsOk());
}

// It waits for a standby that there is not, until the time of the transaction
// is up.
TEST_F(TransactCommitTest, ACommitThatAStandbyDoesNotConfirmIsUnknown) {
  v1::TransactionOptions options;
  *options.mutable_total_timeout() = ProtoOf(absl::Milliseconds(500));
  const auto reload = [](const std::string& names) {
    EXPECT_TRUE(
        stack()
            .postgres()
            .Execute("app", absl::StrCat("ALTER SYSTEM SET "
                                         "synchronous_standby_names = '",
                                         names, "'"))
            .ok());
    stack().Ask("SELECT pg_reload_conf()");
    EXPECT_TRUE(Await(absl::Seconds(5), [&] {
      return stack().Ask("SHOW synchronous_standby_names") == names;
    }));
  };
  const auto stream = Open(client_, options);
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  reload("nobody");
  stream->Send(MakeCommit());
  v1::TransactResponse none;
  EXPECT_FALSE(stream->Read(none)) << none.ShortDebugString();
  const CallError error = CallError::Of(stream->Finish());
  reload("");
  EXPECT_THAT(error.status,
              FailsWith(Code::UNKNOWN, v1::ERROR_REASON_OUTCOME_UNKNOWN));
  EXPECT_NE(error.Metadata("outcome_reference"), "");
  EXPECT_EQ(Items(), "1");
}

}  // namespace
}  // namespace sluice::testing

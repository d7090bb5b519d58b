// The limits of an interactive transaction, each with a reason of its own.

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "tests/integration/transact.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(300);

class TransactLimitTest : public TransactTest {
 protected:
  static std::unique_ptr<GatewayProcess> StartGateway(
      const Settings& settings) {
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        stack().StartGateway(settings);
    EXPECT_TRUE(gateway.ok()) << gateway.status();
    return gateway.ok() ? *std::move(gateway) : nullptr;
  }

  static void ExpectEndsWith(TransactStream& stream, Code code,
                             v1::ErrorReason reason) {
    v1::TransactResponse none;
    EXPECT_FALSE(stream.Read(none)) << none.ShortDebugString();
    const grpc::Status status = stream.Finish();
    EXPECT_THAT(status, FailsWith(code, reason));
    EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
    ExpectNothingOpen();
  }
};

TEST_F(TransactLimitTest, ASilentCallerIsNotWaitedFor) {
  v1::TransactionOptions options;
  *options.mutable_idle_timeout() = ProtoOf(kShort);
  const auto stream = Open(options);
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  // What PostgreSQL takes does not count, nor what came before.
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(
        stream->Ask(MakeStatement("SELECT pg_sleep(0.5)")).has_result());
    absl::SleepFor(kShort / 3);
  }
  const absl::Time start = absl::Now();
  ExpectEndsWith(*stream, Code::ABORTED, v1::ERROR_REASON_TRANSACTION_IDLE);
  EXPECT_LT(absl::Now() - start, absl::Seconds(2));
}

TEST_F(TransactLimitTest, ATransactionMayNotTakeLongerThanItsTime) {
  v1::TransactionOptions options;
  *options.mutable_total_timeout() = ProtoOf(kShort);
  for (const bool busy : {false, true}) {
    SCOPED_TRACE(busy);
    const auto stream = Open(options);
    EXPECT_TRUE(Insert(*stream, 1).has_result());
    if (busy) stream->Send(MakeStatement("SELECT pg_sleep(60)"));
    ExpectEndsWith(*stream, Code::DEADLINE_EXCEEDED,
                   v1::ERROR_REASON_TRANSACTION_TIMEOUT);
  }
}

TEST_F(TransactLimitTest, AStatementThatTakesTooLongFailsAlone) {
  v1::TransactionOptions options;
  *options.mutable_statement_timeout() = ProtoOf(kShort);
  const auto stream = Open(options);
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  EXPECT_TRUE(stream->Ask(MakeSavepoint("s")).has_done());
  for (const bool streamed : {false, true}) {
    const std::string sleep = "SELECT pg_sleep(60)";
    const v1::TransactResponse response =
        stream->Ask(streamed ? MakeStreamed(sleep) : MakeStatement(sleep));
    EXPECT_THAT(response, IsRefused(Code::DEADLINE_EXCEEDED,
                                    v1::ERROR_REASON_STATEMENT_TIMEOUT));
    EXPECT_EQ(response.error().metadata().at("limit"), "300ms");
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_FAILED);
    EXPECT_TRUE(AwaitNoneRunning("pg_sleep"));
    EXPECT_THAT(Insert(*stream, 2), IsRefusedAsFailed());
    EXPECT_TRUE(stream->Ask(MakeRollbackTo("s")).has_done());
  }
  // Each statement has the time anew.
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(
        stream->Ask(MakeStatement("SELECT pg_sleep(0.1)")).has_result());
  }
  ExpectCommits(*stream);
  EXPECT_EQ(Items(), "1");
}

// Its rows are what takes long: the caller does not read them.
TEST_F(TransactLimitTest, ASlowCallerOutlivesAStatementThatTakesTooLong) {
  v1::TransactionOptions options;
  *options.mutable_statement_timeout() = ProtoOf(kShort);
  const auto stream = Open(options);
  EXPECT_TRUE(stream->Ask(MakeSavepoint("s")).has_done());
  stream->Send(MakeStreamed(
      "SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"));
  absl::SleepFor(kShort + absl::Milliseconds(1500));
  v1::TransactResponse response;
  while (stream->Read(response) && !response.has_error()) {
  }
  EXPECT_THAT(response, IsRefused(Code::DEADLINE_EXCEEDED,
                                  v1::ERROR_REASON_STATEMENT_TIMEOUT));
  EXPECT_TRUE(stream->Ask(MakeRollbackTo("s")).has_done());
  ExpectCommits(*stream);
}

TEST_F(TransactLimitTest, AStatementWaitsForALockAsLongAsWasSaid) {
  const auto holder = Open();
  EXPECT_TRUE(Insert(*holder, 1).has_result());
  v1::TransactionOptions options;
  *options.mutable_lock_timeout() = ProtoOf(kShort);
  const auto stream = Open(options);
  const v1::TransactResponse response = Insert(*stream, 1);
  EXPECT_THAT(response,
              IsRefused(Code::ABORTED, v1::ERROR_REASON_LOCK_NOT_AVAILABLE));
  EXPECT_TRUE(response.error().has_retry_delay());
  ExpectRollsBack(*stream);
  ExpectRollsBack(*holder);
}

TEST_F(TransactLimitTest, TheServersLimitsCutWhatIsAskedFor) {
  const auto gateway =
      StartGateway({{"limits.max_transaction_idle", "300ms"},
                    {"limits.max_transaction_statement", "400ms"},
                    {"limits.max_transaction_time", "1500ms"}});
  GatewayClient client = stack().MakeClient(*gateway);
  v1::TransactionOptions options;
  *options.mutable_statement_timeout() = ProtoOf(absl::Hours(1));
  *options.mutable_idle_timeout() = ProtoOf(absl::Hours(1));
  *options.mutable_total_timeout() = ProtoOf(absl::Hours(1));
  {
    const auto stream = Open(client, options);
    EXPECT_THAT(
        stream->Ask(MakeStatement("SELECT pg_sleep(60)")),
        IsRefused(Code::DEADLINE_EXCEEDED, v1::ERROR_REASON_STATEMENT_TIMEOUT));
    ExpectEndsWith(*stream, Code::ABORTED, v1::ERROR_REASON_TRANSACTION_IDLE);
  }
  const auto stream = Open(client, options, absl::Seconds(60));
  for (int i = 0; i < 10; ++i)
    stream->Send(MakeStatement("SELECT pg_sleep(0.2)"));
  v1::TransactResponse response;
  while (stream->Read(response)) EXPECT_TRUE(response.has_result());
  ExpectEndsWith(*stream, Code::DEADLINE_EXCEEDED,
                 v1::ERROR_REASON_TRANSACTION_TIMEOUT);
}

// A stream without a transaction takes room as well.
TEST_F(TransactLimitTest, ACallerWhoNeverBeginsIsNotWaitedFor) {
  const auto gateway = StartGateway({{"limits.max_transaction_idle", "300ms"}});
  GatewayClient client = stack().MakeClient(*gateway);
  const auto stream = client.OpenTransact();
  ExpectEndsWith(*stream, Code::ABORTED, v1::ERROR_REASON_TRANSACTION_IDLE);
}

TEST_F(TransactLimitTest, ACallerWhoTakesNothingIsGivenUp) {
  const auto gateway = StartGateway({{"limits.max_stream_stall", "300ms"}});
  GatewayClient client = stack().MakeClient(*gateway);
  const auto stream = Open(client);
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  stream->Send(MakeStreamed(
      "SELECT repeat('x', 1000) FROM generate_series(1, 10000000)"));
  ASSERT_TRUE(AwaitOpen());
  EXPECT_TRUE(Await(absl::Seconds(10), [] { return CountOpen() == "0"; }));
  EXPECT_EQ(Items(), "");
  EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
}

TEST_F(TransactLimitTest, ABeginWaitsForAConnectionUntilItsDeadline) {
  const auto gateway = StartGateway({{"pool.max_connections", "1"}});
  GatewayClient client = stack().MakeClient(*gateway);
  const auto holder = Open(client);
  const auto late = client.OpenTransact(kShort);
  EXPECT_FALSE(late->Ask(MakeBegin()).has_begun());
  EXPECT_EQ(late->Finish().error_code(), Code::DEADLINE_EXCEEDED);
  const auto next = client.OpenTransact();
  next->Send(MakeBegin());
  absl::SleepFor(absl::Milliseconds(100));
  ExpectRollsBack(*holder);
  v1::TransactResponse response;
  ASSERT_TRUE(next->Read(response));
  EXPECT_TRUE(response.has_begun());
  EXPECT_GE(response.begun().queue_time().nanos(), 90'000'000);
  ExpectCommits(*next);
}

TEST_F(TransactLimitTest, CallsAreCounted) {
  const auto gateway = StartGateway({{"limits.max_calls", "2"}});
  GatewayClient client = stack().MakeClient(*gateway);
  const auto one = Open(client);
  const auto other = Open(client);
  const auto third = client.OpenTransact();
  EXPECT_THAT(third->Finish(), FailsWith(Code::RESOURCE_EXHAUSTED,
                                         v1::ERROR_REASON_TOO_MANY_CALLS));
  ExpectCommits(*one);
  ExpectCommits(*other);
}

}  // namespace
}  // namespace sluice::testing

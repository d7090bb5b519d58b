// Whatever ends an interactive transaction before its commit: it is rolled
// back, and within a second PostgreSQL holds nothing of it.

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/integration/transact.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {
namespace {

// What the transaction is at when its end comes.
enum class Moment { kIdle, kBusy, kWaitingForALock, kStreaming, kFailed };
constexpr Moment kMoments[] = {Moment::kIdle, Moment::kBusy,
                               Moment::kWaitingForALock, Moment::kStreaming,
                               Moment::kFailed};

class TransactEndTest : public TransactTest {
 protected:
  // Holds a row that others wait for.
  void SetUp() override {
    TransactTest::SetUp();
    absl::StatusOr<SqlSession> session =
        stack().postgres().Connect("app", "postgres");
    ASSERT_TRUE(session.ok()) << session.status();
    holder_ = std::make_unique<SqlSession>(*std::move(session));
    ASSERT_TRUE(holder_->Execute("BEGIN; INSERT INTO item VALUES (100)").ok());
  }
  void TearDown() override { holder_.reset(); }

  // A transaction that has written and is at that.
  static std::unique_ptr<TransactStream> OpenAt(
      GatewayClient& client, Moment moment,
      absl::Duration deadline = GatewayClient::kDeadline) {
    std::unique_ptr<TransactStream> stream = Open(client, {}, deadline);
    EXPECT_TRUE(Insert(*stream, 1).has_result());
    BringTo(*stream, moment);
    return stream;
  }

  static void BringTo(TransactStream& stream, Moment moment) {
    switch (moment) {
      case Moment::kIdle:
        return;
      case Moment::kBusy:
        stream.Send(MakeStatement("SELECT pg_sleep(60)"));
        EXPECT_TRUE(AwaitRunning("pg_sleep"));
        return;
      case Moment::kWaitingForALock:
        stream.Send(MakeStatement("INSERT INTO item VALUES (100)"));
        EXPECT_TRUE(AwaitRunning("VALUES (100)"));
        return;
      case Moment::kStreaming:
        stream.Send(MakeStreamed(
            "SELECT repeat('x', 1000) FROM generate_series(1, 10000000)"));
        EXPECT_TRUE(AwaitRunning("generate_series"));
        return;
      case Moment::kFailed:
        EXPECT_TRUE(stream.Ask(MakeStatement("SELECT 1 / 0")).has_error());
        return;
    }
  }

  // The gateway serves on.
  void ExpectServes() {
    const auto stream = Open();
    EXPECT_EQ(AskText(*stream, "SELECT 'next'"), "next");
    ExpectCommits(*stream);
  }

  std::unique_ptr<SqlSession> holder_;
};

TEST_F(TransactEndTest, ACancelledCallIsRolledBack) {
  for (const Moment moment : kMoments) {
    SCOPED_TRACE(static_cast<int>(moment));
    const auto stream = OpenAt(client_, moment);
    stream->Cancel();
    ExpectNothingOpen();
    EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
    ExpectServes();
  }
}

TEST_F(TransactEndTest, ACallerWhoHalfClosesIsRolledBack) {
  for (const Moment moment : kMoments) {
    SCOPED_TRACE(static_cast<int>(moment));
    const auto stream = OpenAt(client_, moment);
    stream->WritesDone();
    ExpectNothingOpen();
    EXPECT_THAT(stream->Finish(),
                FailsWith(Code::CANCELLED, v1::ERROR_REASON_CANCELLED));
    ExpectServes();
  }
}

// Even with requests ahead that would have been run.
TEST_F(TransactEndTest, ACallerWhoHalfClosesBehindRequestsIsRolledBack) {
  const auto stream = client_.OpenTransact();
  stream->Send(MakeBegin());
  for (int i = 0; i < 20; ++i) {
    stream->Send(MakeStatement("INSERT INTO item VALUES ($1)", {Int(i)}));
  }
  stream->Send(MakeStatement("SELECT pg_sleep(60)"));
  stream->WritesDone();
  EXPECT_THAT(stream->Finish(),
              FailsWith(Code::CANCELLED, v1::ERROR_REASON_CANCELLED));
  ExpectNothingOpen();
}

TEST_F(TransactEndTest, ADeadlineThatPassesRollsBack) {
  for (const Moment moment : kMoments) {
    SCOPED_TRACE(static_cast<int>(moment));
    const absl::Time end = absl::Now() + absl::Seconds(2);
    const auto stream = OpenAt(client_, moment, absl::Seconds(1));
    EXPECT_TRUE(Await(end - absl::Now(), [] { return CountOpen() == "0"; }));
    ExpectNothingOpen();
    EXPECT_EQ(stream->Finish().error_code(), Code::DEADLINE_EXCEEDED);
  }
  ExpectServes();
}

TEST_F(TransactEndTest, ABackendThatEndsEndsTheCallAtOnce) {
  for (const Moment moment : kMoments) {
    SCOPED_TRACE(static_cast<int>(moment));
    const auto stream = OpenAt(client_, moment);
    // A session that the pool opens is active for a moment, too.
    ASSERT_TRUE(Await(absl::Seconds(5), [] {
      return stack().Ask(
                 "SELECT count(*) FROM pg_stat_activity WHERE usename "
                 "= 'app' AND state <> 'idle'") == "1";
    }));
    ASSERT_EQ(stack().Ask("SELECT count(pg_terminate_backend(pid)) "
                          "FROM pg_stat_activity WHERE usename = 'app' "
                          "AND state <> 'idle'"),
              "1");
    // Without another request: it is told.
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), Code::UNAVAILABLE);
    const CallError error = CallError::Of(status);
    EXPECT_EQ(error.Metadata("executed"), "no") << error;
    EXPECT_TRUE(error.retry.has_value()) << error;
    ExpectNothingOpen();
    ASSERT_TRUE(Await(absl::Seconds(5), [this] {
      return client_.Query("SELECT 1").status.ok();
    }));
  }
}

TEST_F(TransactEndTest, AGatewayThatStopsTellsAndRollsBack) {
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway({{"pool.max_connections", "10"},
                            {"limits.max_transaction_idle", "60s"}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient client = stack().MakeClient(**gateway);
  const auto lasting = [&client] {
    v1::TransactionOptions options;
    return Open(client, options, absl::Seconds(60));
  };
  std::vector<std::unique_ptr<TransactStream>> streams;
  for (const Moment moment : {Moment::kIdle, Moment::kBusy}) {
    streams.push_back(lasting());
    BringTo(*streams.back(), moment);
  }
  const auto unbegun = client.OpenTransact(absl::Seconds(60));
  const auto ending = lasting();
  EXPECT_TRUE(Insert(*ending, 7).has_result());
  const absl::Time start = absl::Now();
  (*gateway)->Terminate();
  // In the grace there is time to end well.
  EXPECT_TRUE(Await(absl::Seconds(5), [&] {
    return client.CheckHealth("").response.status() !=
           grpc::health::v1::HealthCheckResponse::SERVING;
  }));
  ExpectCommits(*ending);
  EXPECT_FALSE(unbegun->Ask(MakeBegin()).has_begun());
  EXPECT_THAT(unbegun->Finish(),
              FailsWith(Code::UNAVAILABLE, v1::ERROR_REASON_SHUTTING_DOWN));
  for (const auto& stream : streams) {
    const grpc::Status status = stream->Finish();
    EXPECT_THAT(status,
                FailsWith(Code::UNAVAILABLE, v1::ERROR_REASON_SHUTTING_DOWN));
    EXPECT_TRUE(CallError::Of(status).retry.has_value());
    EXPECT_GT(absl::Now() - start, absl::Seconds(5));
    EXPECT_LT(absl::Now() - start, absl::Seconds(11));
  }
  EXPECT_EQ(Items(), "7");
  EXPECT_TRUE((*gateway)->AwaitExit(absl::Seconds(10)).has_value());
  EXPECT_TRUE(Await(absl::Seconds(1), [] { return CountOpen() == "0"; }));
}

TEST_F(TransactEndTest, AGatewayThatDiesLeavesNothing) {
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway({});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient client = stack().MakeClient(**gateway);
  const auto stream = OpenAt(client, Moment::kIdle);
  (*gateway)->Kill();
  ExpectNothingOpen();
  EXPECT_EQ(stream->Finish().error_code(), Code::UNAVAILABLE);
}

// A caller in a process of its own, which the test can kill and freeze.
class TransactCallerTest : public TransactEndTest {
 protected:
  // What it needs to know, in its environment.
  static constexpr char kVariable[] = "TRANSACT_CALLER";

  // `idle_timeout`: what it asks for.
  std::unique_ptr<ChildProcess> StartCaller(Moment moment,
                                            absl::Duration idle_timeout) {
    const ClientOptions options =
        stack().client_options("app", stack().gateway().port());
    ChildCommand command;
    command.arguments = {"/proc/self/exe", "--gtest_also_run_disabled_tests",
                         "--gtest_filter=TransactCaller.DISABLED_*"};
    command.environment = {
        absl::StrCat(kVariable, "=", options.port, " ", options.ca_file, " ",
                     options.certificate_file, " ", options.key_file, " ",
                     options.server_name, " ", static_cast<int>(moment), " ",
                     absl::ToInt64Seconds(idle_timeout))};
    command.log_file = folder_.path() + "/caller.log";
    absl::StatusOr<std::unique_ptr<ChildProcess>> child =
        ChildProcess::Start(command);
    EXPECT_TRUE(child.ok()) << child.status();
    EXPECT_TRUE(Await(absl::Seconds(10), [moment] {
      return moment == Moment::kBusy ? CountRunning("pg_sleep") == "1"
                                     : CountIdle() == "1";
    }));
    return child.ok() ? *std::move(child) : nullptr;
  }

  // Transactions that have written and wait for their caller.
  static std::string CountIdle() {
    return stack().Ask(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND "
        "state = 'idle in transaction' AND backend_xid IS NOT NULL");
  }

  const TempDir folder_ = *TempDir::Make();
};

TEST(TransactCaller, DISABLED_HoldsATransactionOpen) {
  const char* told = std::getenv("TRANSACT_CALLER");
  ASSERT_NE(told, nullptr);
  const std::vector<std::string> words = absl::StrSplit(told, ' ');
  ASSERT_EQ(words.size(), 7u);
  ClientOptions options;
  options.port = std::stoi(words[0]);
  options.ca_file = words[1];
  options.certificate_file = words[2];
  options.key_file = words[3];
  options.server_name = words[4];
  GatewayClient client(options);
  const auto stream = client.OpenTransact(absl::Seconds(60));
  v1::TransactionOptions wanted;
  wanted.mutable_idle_timeout()->set_seconds(std::stoi(words[6]));
  ASSERT_TRUE(stream->Ask(MakeBegin(wanted)).has_begun());
  ASSERT_TRUE(
      stream->Ask(MakeStatement("INSERT INTO item VALUES (1)")).has_result());
  if (words[5] == absl::StrCat(static_cast<int>(Moment::kBusy))) {
    stream->Send(MakeStatement("SELECT pg_sleep(60)"));
  }
  v1::TransactResponse none;
  stream->Read(none);
}

TEST_F(TransactCallerTest, AKilledCallerIsRolledBack) {
  for (const Moment moment : {Moment::kIdle, Moment::kBusy}) {
    const auto caller = StartCaller(moment, absl::Seconds(10));
    ASSERT_NE(caller, nullptr);
    caller->Signal(SIGKILL);
    ExpectNothingOpen();
  }
}

TEST_F(TransactCallerTest, AFrozenCallerIsRolledBackWhenItsSilenceIsTooLong) {
  const auto caller = StartCaller(Moment::kIdle, absl::Seconds(2));
  ASSERT_NE(caller, nullptr);
  caller->Signal(SIGSTOP);
  EXPECT_TRUE(Await(absl::Seconds(4), [] { return CountIdle() == "0"; }));
  ExpectNothingOpen();
  caller->Signal(SIGKILL);
}

// As many as come at the same time, each ended at a moment of its own.
TEST_F(TransactEndTest, ManyTransactionsEndAtAnyMoment) {
  for (int round = 0; round < 30; ++round) {
    const auto stream = client_.OpenTransact();
    stream->Send(MakeBegin());
    stream->Send(MakeStatement("INSERT INTO item VALUES (1)"));
    stream->Send(MakeStreamed("SELECT generate_series(1, 100000)"));
    absl::SleepFor(absl::Microseconds(300) * round);
    if (round % 2 == 0) stream->Cancel();
  }
  ExpectNothingOpen();
  ExpectServes();
}

}  // namespace
}  // namespace sluice::testing

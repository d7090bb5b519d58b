// Callers of streams who stop reading, cancel, vanish or run out of time:
// PostgreSQL waits or stops, and the connection serves on.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/integration/stream.h"
#include "tests/support/child_process.h"
#include "tests/support/file.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

// Where StreamCaller finds the gateway.
constexpr char kCallerVariable[] = "TEST_STREAM_CALLER";

class StreamFlowTest : public StreamTest {
 protected:
  void SetUp() override {
    pid_ = BackendPid(client_);
    ASSERT_NE(pid_, "");
  }

  // Clock ticks of processor time that the backend has used.
  std::string BackendTicks() const {
    const std::vector<std::string> fields =
        absl::StrSplit(ReadFile(absl::StrCat("/proc/", pid_, "/stat")), ' ');
    return fields.at(13) + " " + fields.at(14);
  }

  std::string pid_;
};

TEST_F(StreamFlowTest, ACallerWhoStopsReadingStopsPostgres) {
  const int64_t kRows = Scaled(700'000, 3'000'000);
  const std::unique_ptr<GatewayProcess> gateway = StartGateway();
  GatewayClient client = stack().MakeClient(*gateway);
  pid_ = BackendPid(client);
  const auto stream = client.OpenStream(
      MakeQueryStream(kNumbered, {Int(kRows)}), absl::Seconds(60));
  v1::QueryStreamResponse part;
  ASSERT_TRUE(stream->Read(part));

  ASSERT_TRUE(AwaitStalled());
  const std::string ticks = BackendTicks();
  absl::SleepFor(absl::Milliseconds(500));
  EXPECT_EQ(Backends("wait_event", "pid = " + pid_), "ClientWrite");
  EXPECT_EQ(BackendTicks(), ticks);
  ExpectLittleMemory(*gateway);

  int64_t rows = 0;
  int64_t sum = 0;
  while (stream->Read(part)) {
    rows += part.batch().row_count();
    if (part.batch().row_count() == 0) continue;
    for (const int64_t number : part.batch().columns(0).int64s().values()) {
      sum += number;
    }
  }
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(sum, kRows * (kRows + 1) / 2);
  ExpectLittleMemory(*gateway);
  ExpectReusable(client, pid_);
}

TEST_F(StreamFlowTest, ACallerWhoReadsInFitsAndStartsGetsAll) {
  constexpr int64_t kRows = 400'000;
  const auto stream =
      client_.OpenStream(MakeQueryStream(kNumbered, {Int(kRows)}));
  int64_t rows = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(AwaitStalled());
    rows += ReadRows(*stream, 100'000);
  }
  rows += ReadRows(*stream, kEndless);
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(rows, kRows);
}

TEST_F(StreamFlowTest, ACancelledStreamStopsPostgres) {
  for (const bool stalled : {false, true}) {
    SCOPED_TRACE(stalled ? "stalled" : "reading");
    const auto stream =
        client_.OpenStream(MakeQueryStream(kNumbered, {Int(kEndless)}));
    EXPECT_GE(ReadRows(*stream, 50'000), 50'000);
    ASSERT_TRUE(!stalled || AwaitStalled());
    stream->Cancel();
    EXPECT_TRUE(AwaitIdle());
    EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
    ExpectReusable(client_, pid_);
  }
}

TEST_F(StreamFlowTest, AStreamCancelledBeforeItsFirstRowStopsPostgres) {
  const auto stream = client_.OpenStream("SELECT pg_sleep(60)");
  ASSERT_TRUE(Await(absl::Seconds(5), [] {
    return Backends("wait_event", "state = 'active'") == "PgSleep";
  }));
  stream->Cancel();
  EXPECT_TRUE(AwaitIdle());
  EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
  ExpectReusable(client_, pid_);
}

TEST_F(StreamFlowTest, AStreamCancelledWithinALongValueStopsPostgres) {
  for (const bool stalled : {false, true}) {
    SCOPED_TRACE(stalled ? "stalled" : "reading");
    v1::QueryStreamRequest request = MakeQueryStream(
        "SELECT repeat('x', 100 << 20) FROM "
        "(SELECT generate_series(1, 1000)) AS numbers");
    request.mutable_options()->set_max_value_bytes(200 << 20);
    const auto stream = client_.OpenStream(request);
    v1::QueryStreamResponse part;
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(stream->Read(part));
    EXPECT_TRUE(part.batch().has_fragment());
    ASSERT_TRUE(!stalled || AwaitStalled());
    stream->Cancel();
    EXPECT_TRUE(AwaitIdle());
    EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
    ExpectReusable(client_, pid_);
  }
}

TEST_F(StreamFlowTest, APassedDeadlineStopsPostgres) {
  for (const bool stalled : {false, true}) {
    SCOPED_TRACE(stalled ? "stalled" : "reading");
    const absl::Time deadline = absl::Now() + absl::Seconds(2);
    const auto stream = client_.OpenStream(
        MakeQueryStream(kNumbered, {Int(kEndless)}), absl::Seconds(2));
    if (stalled) {
      ASSERT_TRUE(AwaitStalled());
      absl::SleepFor(deadline - absl::Now());
    } else {
      EXPECT_GT(ReadRows(*stream, kEndless), 0);
    }
    EXPECT_TRUE(AwaitIdle());
    EXPECT_EQ(stream->Finish().error_code(), Code::DEADLINE_EXCEEDED);
    ExpectReusable(client_, pid_);
  }
}

TEST_F(StreamFlowTest, TheServersLongestDeadlineEndsAStream) {
  const std::unique_ptr<GatewayProcess> gateway =
      StartGateway({{"limits.max_stream_deadline", "1s"}});
  GatewayClient client = stack().MakeClient(*gateway);
  const std::string pid = BackendPid(client);
  const StreamOutcome outcome = client.QueryStream(MakeQueryStream(
      "SELECT i, pg_sleep(0.01) FROM (SELECT generate_series(1, 6000) "
      "AS i) AS numbers"));
  EXPECT_THAT(outcome.status, FailsWith(Code::DEADLINE_EXCEEDED,
                                        v1::ERROR_REASON_DEADLINE_EXCEEDED));
  EXPECT_EQ(outcome.fault, "");
  EXPECT_TRUE(AwaitIdle());
  ExpectReusable(client, pid);
}

// The caller has still time, and no part of the stream fails by itself.
TEST_F(StreamFlowTest, TheServersLongestDeadlineEndsAStalledStream) {
  const std::unique_ptr<GatewayProcess> gateway =
      StartGateway({{"limits.max_stream_deadline", "3s"}});
  GatewayClient client = stack().MakeClient(*gateway);
  const std::string pid = BackendPid(client);
  const auto stream =
      client.OpenStream(MakeQueryStream(kNumbered, {Int(kEndless)}));
  ASSERT_TRUE(AwaitStalled());
  EXPECT_TRUE(Await(absl::Seconds(4),
                    [] { return Backends("pid", "state <> 'idle'").empty(); }));
  ReadRows(*stream, kEndless);
  EXPECT_FALSE(stream->Finish().ok());
  ExpectReusable(client, pid);
}

TEST_F(StreamFlowTest, ACallerWhoTakesNothingForTooLongIsGivenUp) {
  const std::unique_ptr<GatewayProcess> gateway =
      StartGateway({{"limits.max_stream_stall", "1s"}});
  GatewayClient client = stack().MakeClient(*gateway);
  const std::string pid = BackendPid(client);
  const auto stream =
      client.OpenStream(MakeQueryStream(kNumbered, {Int(kEndless)}));
  ASSERT_TRUE(AwaitStalled());
  EXPECT_TRUE(Await(absl::Seconds(3),
                    [] { return Backends("pid", "state <> 'idle'").empty(); }));
  ReadRows(*stream, kEndless);
  EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
  ExpectReusable(client, pid);
}

// While there is nothing to take nobody stalls.
TEST_F(StreamFlowTest, ACallerMayWaitLongForRows) {
  const std::unique_ptr<GatewayProcess> gateway =
      StartGateway({{"limits.max_stream_stall", "1s"}});
  GatewayClient client = stack().MakeClient(*gateway);
  const StreamOutcome outcome = client.QueryStream(
      "SELECT i, pg_sleep(1.3) FROM (SELECT generate_series(1, 2) AS i) "
      "AS numbers");
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.result_set.row_count(), 2u);
}

TEST_F(StreamFlowTest, ACallerWhoseConnectionEndsStopsPostgres) {
  {
    GatewayClient leaving = stack().MakeClient();
    const auto stream =
        leaving.OpenStream(MakeQueryStream(kNumbered, {Int(kEndless)}));
    EXPECT_GE(ReadRows(*stream, 50'000), 50'000);
    ASSERT_TRUE(AwaitStalled());
  }
  EXPECT_TRUE(AwaitIdle());
  ExpectReusable(client_, pid_);
}

// Another process, which runs this one's program.
class StreamCallerProcess {
 public:
  explicit StreamCallerProcess(const ClientOptions& options)
      : folder_(*TempDir::Make()) {
    ChildCommand command;
    command.arguments = {std::filesystem::read_symlink("/proc/self/exe"),
                         "--gtest_filter=StreamCaller.DISABLED_StopsReading",
                         "--gtest_also_run_disabled_tests"};
    command.environment = {absl::StrCat(
        kCallerVariable, "=",
        absl::StrJoin(
            {absl::StrCat(options.port), options.ca_file,
             options.certificate_file, options.key_file, options.server_name},
            ","))};
    command.log_file = folder_.Path("log");
    absl::StatusOr<std::unique_ptr<ChildProcess>> process =
        ChildProcess::Start(command);
    EXPECT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
  }

  void Kill() { process_->Stop(SIGKILL, absl::InfiniteDuration()); }
  void Signal(int signal) { process_->Signal(signal); }

 private:
  const TempDir folder_;
  std::unique_ptr<ChildProcess> process_;
};

// Not a test: the caller that StreamCallerProcess is. It reads until it is
// killed, or for a while and then no more.
TEST(StreamCaller, DISABLED_StopsReading) {
  const char* const told = std::getenv(kCallerVariable);
  ASSERT_NE(told, nullptr);
  const std::vector<std::string> fields = absl::StrSplit(told, ',');
  ClientOptions options;
  ASSERT_TRUE(absl::SimpleAtoi(fields.at(0), &options.port));
  options.ca_file = fields.at(1);
  options.certificate_file = fields.at(2);
  options.key_file = fields.at(3);
  options.server_name = fields.at(4);
  GatewayClient client(options);
  const auto stream =
      client.OpenStream(MakeQueryStream(kNumbered, {Int(kEndless)}));
  v1::QueryStreamResponse part;
  ASSERT_TRUE(stream->Read(part));
  pause();
}

TEST_F(StreamFlowTest, ACallerWhoIsKilledStopsPostgres) {
  StreamCallerProcess caller(
      stack().client_options("app", stack().gateway().port()));
  ASSERT_TRUE(AwaitStalled());
  caller.Kill();
  EXPECT_TRUE(AwaitIdle());
  ExpectReusable(client_, pid_);
}

// Nothing ends its connection, but it takes nothing.
TEST_F(StreamFlowTest, ACallerWhoFreezesIsGivenUp) {
  const std::unique_ptr<GatewayProcess> gateway =
      StartGateway({{"limits.max_stream_stall", "1s"}});
  GatewayClient client = stack().MakeClient(*gateway);
  const std::string pid = BackendPid(client);
  StreamCallerProcess caller(stack().client_options("app", gateway->port()));
  ASSERT_TRUE(AwaitStalled());
  caller.Signal(SIGSTOP);
  EXPECT_TRUE(Await(absl::Seconds(3),
                    [] { return Backends("pid", "state <> 'idle'").empty(); }));
  ExpectReusable(client, pid);
  caller.Kill();
}

TEST_F(StreamFlowTest, ManyInterruptedStreamsLeaveAllConnections) {
  constexpr int kStreams = 12;
  const std::unique_ptr<GatewayProcess> gateway =
      StartGateway({{"pool.max_connections", "4"}});
  GatewayClient client = stack().MakeClient(*gateway);
  for (int round = 0; round < Scaled(3, 50); ++round) {
    std::vector<std::unique_ptr<StreamReader>> streams;
    for (int i = 0; i < kStreams; ++i) {
      streams.push_back(
          client.OpenStream(MakeQueryStream(kNumbered, {Int(kEndless)})));
    }
    // One is left for calls that are short.
    ASSERT_TRUE(AwaitStalled(3));
    // Those that wait for a connection among them.
    for (const auto& stream : streams) stream->Cancel();
    for (const auto& stream : streams) {
      EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
    }
    EXPECT_TRUE(AwaitIdle());
    EXPECT_THAT(client.Query("SELECT 1").status, IsOk());
  }
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM pg_stat_activity "
                        "WHERE usename = 'app'"),
            "5");
}

// Shutdown.

TEST_F(StreamFlowTest, AGatewayThatIsToldToEndLetsAStreamEnd) {
  const std::unique_ptr<GatewayProcess> gateway = StartGateway();
  GatewayClient client = stack().MakeClient(*gateway);
  const auto stream = client.OpenStream(
      "SELECT i, repeat('x', 9000), pg_sleep(0.02) FROM "
      "(SELECT generate_series(1, 100) AS i) AS numbers");
  EXPECT_GE(ReadRows(*stream, 1), 1);
  gateway->Terminate();
  EXPECT_GT(ReadRows(*stream, kEndless), 50);
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(gateway->AwaitExit(absl::Seconds(5)), 0);
}

// Its grace is 10 seconds.
TEST_F(StreamFlowTest, AGatewayThatIsToldToEndCancelsAStalledStream) {
  const std::unique_ptr<GatewayProcess> gateway = StartGateway();
  GatewayClient client = stack().MakeClient(*gateway);
  const auto stream = client.OpenStream(
      MakeQueryStream(kNumbered, {Int(kEndless)}), absl::Seconds(60));
  ASSERT_TRUE(AwaitStalled());
  gateway->Terminate();
  EXPECT_EQ(gateway->AwaitExit(absl::Seconds(15)), 0);
  ReadRows(*stream, kEndless);
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_TRUE(AwaitIdle());
}

}  // namespace
}  // namespace sluice::testing

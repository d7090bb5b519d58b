// What a peer may send on a connection: the gateway closes it, or answers, and
// goes on serving.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/http2_frames.h"
#include "tests/support/raw_connection.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::grpc::StatusCode;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kSoon = absl::Seconds(10);
constexpr int64_t kMebibyteKib = 1024;

class HostileConnectionTest : public StackTest<HostileConnectionTest> {
 protected:
  friend class StackTest<HostileConnectionTest>;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"listener.handshake_timeout", "2s"}};
    return options;
  }

  HostileConnectionTest() { ExpectServed(); }
  ~HostileConnectionTest() override { ExpectServed(); }

  // The process of before, and a caller with a new connection as well.
  void ExpectServed() {
    EXPECT_THAT(client_.Query("SELECT 1").status, IsOk());
    GatewayClient newcomer = stack().MakeClient();
    EXPECT_THAT(newcomer.Query("SELECT 1").status, IsOk());
  }

  static RawConnection Connect() {
    absl::StatusOr<RawConnection> connection =
        RawConnection::Connect(stack().gateway().port());
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }

  static RawConnection ConnectByTls() {
    RawConnection connection = Connect();
    const ClientOptions options =
        stack().client_options("app", stack().gateway().port());
    const absl::Status shaken =
        connection.StartTls(options.certificate_file, options.key_file);
    EXPECT_TRUE(shaken.ok()) << shaken;
    return connection;
  }

  // Whether a health call is answered on a connection that has sent `first`.
  static bool AnswersHealth(RawConnection& connection, const Headers& more = {},
                            const std::string& first = Http2Preface()) {
    connection.Send(first + HealthCall(1, more));
    const std::string received = connection.ReceiveUntil(
        kSoon, [](const std::string& all) { return IsAnswered(all, 1); });
    return IsAnswered(received, 1);
  }

  GatewayClient client_ = stack().MakeClient();
};

TEST_F(HostileConnectionTest, AnswersACallThatIsWrittenByHand) {
  RawConnection connection = ConnectByTls();
  EXPECT_TRUE(AnswersHealth(connection));
}

TEST_F(HostileConnectionTest, ClosesWhatIsNoTls) {
  std::mt19937_64 random(20260731);
  std::string garbage(4096, '\0');
  for (char& byte : garbage) byte = static_cast<char>(random());
  const std::string zeros(4096, '\0');
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\nHost: gateway\r\n\r\n"), Http2Preface(),
        std::string("\x16\x03\x01\xff\xff\x01\x00", 7) + garbage, garbage,
        zeros}) {
    RawConnection connection = Connect();
    connection.Send(bytes);
    EXPECT_TRUE(connection.AwaitEnd(kSoon));
    ExpectServed();
  }
}

TEST_F(HostileConnectionTest, ClosesAConnectionWithMalformedFrames) {
  const std::string preface = Http2Preface();
  const std::string huge("\xff\xff\xff\x00\x00\x00\x00\x00\x01", 9);
  const struct {
    const char* what;
    std::string bytes;
  } kCases[] = {
      {"no preface", "GET / HTTP/1.1\r\n\r\n"},
      {"a frame of 16 MiB", preface + huge},
      {"settings of a wrong length",
       preface + Encode({FrameType::kSettings, 0, 0, "12345"})},
      {"settings on a stream", preface + Encode({FrameType::kSettings, 0, 1})},
      {"headers of no table entry",
       preface + Encode({FrameType::kHeaders, kEndHeaders, 1, "\xff\xff\x7f"})},
      {"a continuation of nothing",
       preface + Encode({FrameType::kContinuation, kEndHeaders, 1})},
      {"data in the middle of headers",
       preface + Encode({FrameType::kHeaders, 0, 1}) +
           Encode({FrameType::kData, kEndStream, 1})},
      {"a ping of a wrong length",
       preface + Encode({FrameType::kPing, 0, 0, "123"})},
      {"a window update of a wrong length",
       preface + Encode({FrameType::kWindowUpdate, 0, 0, "1"})},
  };
  for (const auto& [what, bytes] : kCases) {
    RawConnection connection = ConnectByTls();
    connection.Send(bytes);
    EXPECT_TRUE(connection.AwaitEnd(kSoon)) << what;
    ExpectServed();
  }
}

TEST_F(HostileConnectionTest, PassesOverHeadersOfStreamsThatNobodyMayOpen) {
  for (const uint32_t stream : {0, 2}) {
    RawConnection connection = ConnectByTls();
    connection.Send(Http2Preface() +
                    Encode({FrameType::kHeaders, kEndHeaders, stream,
                            EncodeHeaders({{":method", "POST"}})}) +
                    HealthCall(3));
    const std::string received = connection.ReceiveUntil(
        kSoon, [](const std::string& all) { return IsAnswered(all, 3); });
    EXPECT_TRUE(IsAnswered(received, 3)) << stream;
    ExpectServed();
  }
}

TEST_F(HostileConnectionTest, LivesThroughTheHeaderThatKillsAuthProcessors) {
  for (const char* name : {"grpclb_client_stats", "grpclb_client_stats-bin"}) {
    RawConnection valid = ConnectByTls();
    EXPECT_TRUE(AnswersHealth(valid, {{"x-client-stats", "x"}}));
    RawConnection connection = ConnectByTls();
    AnswersHealth(connection, {{name, "x"}});
    ExpectServed();
  }
}

// gRPC may close the connection as well.
TEST_F(HostileConnectionTest, RefusesMetadataOverItsLimit) {
  for (const size_t bytes : {size_t{4} * 1024, size_t{64} * 1024}) {
    GatewayClient client = stack().MakeClient();
    grpc::ClientContext context;
    SetDeadline(context, kSoon);
    context.AddMetadata("x-large", std::string(bytes, 'x'));
    v1::GetCapabilitiesResponse response;
    const grpc::StatusCode code =
        client.stub().GetCapabilities(&context, {}, &response).error_code();
    if (bytes < size_t{16} * 1024) {
      EXPECT_THAT(code, Not(AnyOf(StatusCode::RESOURCE_EXHAUSTED,
                                  StatusCode::UNAVAILABLE)));
    } else {
      EXPECT_THAT(
          code, AnyOf(StatusCode::RESOURCE_EXHAUSTED, StatusCode::UNAVAILABLE));
    }
  }
}

TEST_F(HostileConnectionTest, RefusesACompressedRequestBeforeItInflates) {
  const int64_t before = stack().gateway().PeakMemoryKib();
  grpc::ClientContext context;
  SetDeadline(context, kSoon);
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::QueryResponse response;
  const grpc::Status status = client_.stub().Query(
      &context, MakeQuery(std::string(200 * 1024 * 1024, ' ')), &response);
  EXPECT_EQ(status.error_code(), StatusCode::UNIMPLEMENTED)
      << status.error_message();
  EXPECT_LT(stack().gateway().PeakMemoryKib() - before, 100 * kMebibyteKib);
}

TEST_F(HostileConnectionTest, LivesThroughAStatementOfThousandsOfOperators) {
  std::string sum = "SELECT 1";
  while (sum.size() < size_t{64} * 1024) sum += "+1";
  std::string nested = "SELECT ";
  nested.append(size_t{16} * 1024, '(');
  nested += "1";
  nested.append(size_t{16} * 1024, ')');
  for (const std::string& sql : {sum, nested, sum.substr(0, 16 * 1024)}) {
    const grpc::Status status = client_.Query(sql).status;
    EXPECT_TRUE(status.ok() || CallError::Of(status).IsTyped())
        << CallError::Of(status);
    ExpectServed();
  }
}

TEST_F(HostileConnectionTest, DisconnectsAClientThatFloodsItWithPings) {
  const std::string ping =
      Encode({FrameType::kPing, 0, 0, std::string(8, 'p')});
  RawConnection valid = ConnectByTls();
  EXPECT_TRUE(AnswersHealth(valid, {}, Http2Preface() + ping));

  RawConnection connection = ConnectByTls();
  ASSERT_TRUE(connection.Send(Http2Preface()));
  std::string received;
  EXPECT_TRUE(Await(kSoon, [&] {
    connection.Send(ping);
    std::string more;
    const bool ended = connection.AwaitEnd(absl::Milliseconds(1), &more);
    received += more;
    return ended;
  }));
  EXPECT_THAT(received, HasSubstr("too_many_pings"));
}

TEST_F(HostileConnectionTest, LivesThroughStreamsThatAreResetAtOnce) {
  constexpr uint32_t kStreams = 20'000;
  RawConnection connection = ConnectByTls();
  ASSERT_TRUE(AnswersHealth(connection));
  for (uint32_t i = 1; i <= kStreams; ++i) {
    const uint32_t stream = 2 * i + 1;
    if (!connection.Send(HealthCall(stream) +
                         Encode({FrameType::kResetStream, 0, stream,
                                 std::string(4, '\0')}))) {
      break;
    }
    if (i % 1000 == 0) {
      EXPECT_THAT(client_.Query("SELECT 1").status, IsOk());
      connection.ReceiveUntil(absl::ZeroDuration(),
                              [](const std::string&) { return true; });
    }
  }
}

}  // namespace
}  // namespace sluice::testing

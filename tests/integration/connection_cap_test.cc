// Floods of connections: whoever has one goes on being served.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/file.h"
#include "tests/support/raw_connection.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

// Of connections that are refused: far below any time-out of a handshake.
constexpr absl::Duration kAtOnce = absl::Seconds(2);
// Of the gateway's work that no caller waits for.
constexpr absl::Duration kSoon = absl::Seconds(20);

using Connections = std::vector<RawConnection>;

void RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

class ConnectionCapTest : public StackTest<ConnectionCapTest> {
 protected:
  static std::unique_ptr<GatewayProcess> StartGateway(
      const Settings& settings) {
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        stack().StartGateway(settings);
    EXPECT_TRUE(gateway.ok()) << gateway.status();
    return *std::move(gateway);
  }

  static void Open(Connections& connections, int count, int port,
                   const std::string& from = "127.0.0.1") {
    for (int i = 0; i < count; ++i) {
      absl::StatusOr<RawConnection> connection =
          RawConnection::Connect(port, from);
      ASSERT_TRUE(connection.ok()) << connection.status() << " at " << i;
      connections.push_back(*std::move(connection));
    }
  }

  // Whether the server keeps a new connection from there. (It closes one that
  // it refuses before any byte.)
  static bool Admits(int port, const std::string& from) {
    Connections one;
    Open(one, 1, port, from);
    return !one.front().AwaitEnd(absl::Milliseconds(300));
  }

  static void ExpectServed(GatewayClient& client) {
    EXPECT_THAT(client.Query("SELECT 1").status, IsOk());
  }

  static int64_t ProcessorMilliseconds(pid_t pid) {
    const std::vector<std::string> fields =
        absl::StrSplit(ReadFile(absl::StrCat("/proc/", pid, "/stat")), ' ');
    int64_t user = 0;
    int64_t system = 0;
    EXPECT_TRUE(absl::SimpleAtoi(fields.at(13), &user));
    EXPECT_TRUE(absl::SimpleAtoi(fields.at(14), &system));
    return (user + system) * 1000 / sysconf(_SC_CLK_TCK);
  }

  // Waits until a process uses next to nothing for a while.
  static bool AwaitRest(pid_t pid) {
    constexpr absl::Duration kWhile = absl::Milliseconds(300);
    constexpr int64_t kMaxMilliseconds = 50;
    int64_t used = ProcessorMilliseconds(pid);
    absl::Time since = absl::Now();
    return Await(kSoon, [&] {
      const int64_t now_used = ProcessorMilliseconds(pid);
      if (now_used - used > kMaxMilliseconds) {
        used = now_used;
        since = absl::Now();
      }
      return absl::Now() - since >= kWhile;
    });
  }

  static size_t DescriptorsOf(pid_t pid) {
    const std::filesystem::directory_iterator files(
        absl::StrCat("/proc/", pid, "/fd"));
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  static void LimitDescriptors(pid_t pid, size_t most) {
    rlimit limit{};
    ASSERT_EQ(prlimit(pid, RLIMIT_NOFILE, nullptr, &limit), 0);
    limit.rlim_cur = most;
    ASSERT_EQ(prlimit(pid, RLIMIT_NOFILE, &limit, nullptr), 0);
  }
};

TEST_F(ConnectionCapTest, ServesDuringFiveThousandHalfOpenConnections) {
  RaiseDescriptorLimit();
  constexpr int kHalfOpen = 5000;
  auto gateway =
      StartGateway({{"listener.max_connections_per_address", "10000"},
                    {"listener.handshake_timeout", "8s"}});
  GatewayClient established = stack().MakeClient(*gateway);
  ExpectServed(established);

  Connections half_open;
  for (int i = 0; i < 10; ++i) {
    Open(half_open, kHalfOpen / 10, gateway->port());
    ExpectServed(established);
  }
  GatewayClient newcomer = stack().MakeClient(*gateway);
  ExpectServed(newcomer);
  // They are still there, until the time of a handshake is over.
  EXPECT_FALSE(half_open.back().AwaitEnd(absl::ZeroDuration()));
  for (RawConnection& connection : half_open) {
    ASSERT_TRUE(connection.AwaitEnd(kSoon));
  }
  ExpectServed(established);
  ExpectServed(newcomer);
}

TEST_F(ConnectionCapTest, ClosesAHandshakeThatDoesNotEnd) {
  auto gateway = StartGateway({{"listener.handshake_timeout", "300ms"}});
  GatewayClient established = stack().MakeClient(*gateway);
  ExpectServed(established);
  Connections silent;
  Open(silent, 1, gateway->port());
  EXPECT_TRUE(silent.front().AwaitEnd(kSoon));
  Connections halfway;
  Open(halfway, 1, gateway->port());
  // The beginning of a ClientHello.
  EXPECT_TRUE(
      halfway.front().Send(absl::string_view("\x16\x03\x01\x02\x00", 5)));
  EXPECT_TRUE(halfway.front().AwaitEnd(kSoon));
  ExpectServed(established);
}

TEST_F(ConnectionCapTest, RefusesAnAddressBeyondItsCapUntilOneEnds) {
  auto gateway = StartGateway({{"listener.max_connections_per_address", "3"},
                               {"listener.handshake_timeout", "60s"}});
  const int port = gateway->port();
  GatewayClient established = stack().MakeClient(*gateway);
  ExpectServed(established);

  Connections held;
  Open(held, 2, port);
  Connections beyond;
  Open(beyond, 1, port);
  EXPECT_TRUE(beyond.front().AwaitEnd(kAtOnce));
  // Another address has a cap of its own.
  EXPECT_TRUE(Admits(port, "127.0.0.2"));
  ExpectServed(established);

  held.pop_back();
  EXPECT_TRUE(Await(kSoon, [port] { return Admits(port, "127.0.0.1"); }));
  ExpectServed(established);
}

TEST_F(ConnectionCapTest, RefusesAllBeyondTheCapOfConnectionsUntilOneEnds) {
  auto gateway = StartGateway({{"listener.max_connections", "4"},
                               {"listener.handshake_timeout", "60s"}});
  const int port = gateway->port();
  GatewayClient established = stack().MakeClient(*gateway);
  ExpectServed(established);

  Connections held;
  for (const char* from : {"127.0.0.2", "127.0.0.3", "127.0.0.4"}) {
    Open(held, 1, port, from);
  }
  for (const char* from : {"127.0.0.5", "127.0.0.1", "127.0.0.2"}) {
    Connections beyond;
    Open(beyond, 1, port, from);
    EXPECT_TRUE(beyond.front().AwaitEnd(kAtOnce)) << from;
  }
  ExpectServed(established);

  held.clear();
  EXPECT_TRUE(Await(kSoon, [port] { return Admits(port, "127.0.0.5"); }));
  GatewayClient newcomer = stack().MakeClient(*gateway);
  ExpectServed(newcomer);
}

TEST_F(ConnectionCapTest, LivesThroughALackOfDescriptors) {
  auto gateway = StartGateway({{"listener.handshake_timeout", "60s"}});
  const int port = gateway->port();
  GatewayClient established = stack().MakeClient(*gateway);
  ExpectServed(established);
  constexpr size_t kLeft = 40;
  constexpr int kConnections = 200;
  LimitDescriptors(gateway->pid(), DescriptorsOf(gateway->pid()) + kLeft);

  Connections flood;
  Open(flood, kConnections, port);
  // Each newcomer is closed; none is left to wait.
  EXPECT_TRUE(flood.back().AwaitEnd(kAtOnce));
  ExpectServed(established);
  // And nothing spins.
  EXPECT_TRUE(AwaitRest(gateway->pid()));
  ExpectServed(established);

  flood.clear();
  EXPECT_TRUE(Await(kSoon, [port] { return Admits(port, "127.0.0.1"); }));
  GatewayClient newcomer = stack().MakeClient(*gateway);
  ExpectServed(newcomer);
}

TEST_F(ConnectionCapTest, EndsAConnectionOfAgeAndGoesOnServingItsClient) {
  auto gateway = StartGateway({{"listener.max_connection_age", "500ms"}});
  GatewayClient client = stack().MakeClient(*gateway);
  ExpectServed(client);
  Connections old;
  Open(old, 1, gateway->port());
  const ClientOptions options = stack().client_options("app", gateway->port());
  ASSERT_TRUE(
      old.front().StartTls(options.certificate_file, options.key_file).ok());
  EXPECT_TRUE(old.front().AwaitEnd(kSoon));
  ExpectServed(client);
}

}  // namespace
}  // namespace sluice::testing

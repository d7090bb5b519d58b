// Tests of SocketGate, between sockets of the test's own.

#include "tests/support/socket_gate.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <utility>

#include "tests/support/await.h"
#include "tests/support/free_port.h"
#include "tests/support/wire_messages.h"

namespace sluice::testing {
namespace {

constexpr uint16_t kUnixPort = 5432;

// A blocking socket that gives up after some seconds.
class TestSocket {
 public:
  explicit TestSocket(int socket) : socket_(socket) {
    const timeval limit = {10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  ~TestSocket() { Close(); }
  TestSocket(TestSocket&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)) {}

  int get() const { return socket_; }
  void Close() {
    if (socket_ >= 0) close(std::exchange(socket_, -1));
  }
  int Release() { return std::exchange(socket_, -1); }

  void Send(const std::string& bytes) const {
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // So many bytes; fewer at the connection's end.
  std::string Receive(size_t count) const {
    std::string bytes(count, '\0');
    const ssize_t got = recv(socket_, bytes.data(), count, MSG_WAITALL);
    bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return bytes;
  }
  // All that is here now.
  std::string Peek() const {
    std::string bytes(64 * 1024, '\0');
    const ssize_t got =
        recv(socket_, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return bytes;
  }
  // Whether the peer ends it, after nothing more.
  bool Ends() const { return Receive(1).empty(); }

 private:
  int socket_;
};

enum class Kind { kUnix, kTcp };

// A server behind a gate.
class Server {
 public:
  explicit Server(Kind kind) : folder_(*TempDir::Make()) {
    address_ = kind == Kind::kUnix ? SocketAddress{folder_.path(), kUnixPort}
                                   : SocketAddress{"127.0.0.1", FindFreePort()};
    EXPECT_EQ(Call(bind, listener_ = Open()), 0) << std::strerror(errno);
    EXPECT_EQ(listen(listener_, 10), 0);
    gate = *SocketGate::Start(address_);
  }
  ~Server() { close(listener_); }

  TestSocket Accept() const {
    return TestSocket(accept(listener_, nullptr, nullptr));
  }
  // A client; nothing where it is refused.
  std::optional<TestSocket> Connect() {
    const SocketAddress server = std::exchange(address_, gate->address());
    TestSocket client(Open());
    const int connected = Call(connect, client.get());
    address_ = server;
    if (connected != 0) return std::nullopt;
    return client;
  }

  std::unique_ptr<SocketGate> gate;

 private:
  bool is_unix() const { return address_.host[0] == '/'; }
  int Open() const {
    return socket(is_unix() ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
  }
  template <typename Function>
  int Call(Function function, int socket) const {
    if (is_unix()) {
      sockaddr_un native = {};
      native.sun_family = AF_UNIX;
      std::strcpy(
          native.sun_path,
          (address_.host + "/.s.PGSQL." + std::to_string(kUnixPort)).c_str());
      return function(socket, reinterpret_cast<sockaddr*>(&native),
                      sizeof(native));
    }
    sockaddr_in native = {};
    native.sin_family = AF_INET;
    native.sin_port = htons(address_.port);
    native.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return function(socket, reinterpret_cast<sockaddr*>(&native),
                    sizeof(native));
  }

  const TempDir folder_;
  SocketAddress address_;
  int listener_ = -1;
};

class SocketGateTest : public ::testing::TestWithParam<Kind> {
 protected:
  Server server_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(OnBothKindsOfSockets, SocketGateTest,
                         ::testing::Values(Kind::kUnix, Kind::kTcp));

TEST_P(SocketGateTest, ForwardsBothWays) {
  TestSocket client = *server_.Connect();
  TestSocket behind = server_.Accept();
  const std::string question(1'000'000, 'q');
  std::thread sender([&] { client.Send(question); });
  EXPECT_EQ(behind.Receive(question.size()), question);
  sender.join();
  behind.Send("answer");
  EXPECT_EQ(client.Receive(6), "answer");
  EXPECT_EQ(server_.gate->counts().connections, 1);
}

TEST_P(SocketGateTest, DeliversWhatASideSaidBeforeItsEnd) {
  TestSocket client = *server_.Connect();
  TestSocket behind = server_.Accept();
  behind.Send("farewell");
  behind.Close();
  EXPECT_EQ(client.Receive(100), "farewell");
  EXPECT_TRUE(client.Ends());
}

TEST_P(SocketGateTest, RefusesUntilItAdmitsAgain) {
  TestSocket client = *server_.Connect();
  TestSocket behind = server_.Accept();
  server_.gate->Refuse();
  EXPECT_FALSE(server_.Connect().has_value());
  // Whoever is in stays.
  client.Send("a");
  EXPECT_EQ(behind.Receive(1), "a");
  ASSERT_TRUE(server_.gate->Admit().ok());
  EXPECT_TRUE(server_.Connect().has_value());
}

TEST_P(SocketGateTest, CutsBothSides) {
  TestSocket client = *server_.Connect();
  TestSocket behind = server_.Accept();
  EXPECT_EQ(server_.gate->CutAll(), 1);
  EXPECT_TRUE(client.Ends());
  EXPECT_TRUE(behind.Ends());
  EXPECT_EQ(server_.gate->counts().cuts, 1);
  EXPECT_EQ(server_.gate->counts().commit_cuts, 0);
}

TEST_P(SocketGateTest, CutsAtRandomWhatIsThere) {
  server_.gate->SetCuts({absl::Milliseconds(1), 0});
  TestSocket client = *server_.Connect();
  EXPECT_TRUE(client.Ends());
}

TEST_P(SocketGateTest, SparesCancelRequests) {
  TestSocket client = *server_.Connect();
  TestSocket behind = server_.Accept();
  client.Send(CancelRequest());
  EXPECT_EQ(behind.Receive(16), CancelRequest());
  EXPECT_EQ(server_.gate->CutAll(), 0);
  behind.Close();
  EXPECT_TRUE(client.Ends());
}

TEST_P(SocketGateTest, StallsOneWayAlone) {
  TestSocket client = *server_.Connect();
  TestSocket behind = server_.Accept();
  GateFlow stalled;
  stalled.to_server = GateFlow::Passage::kStalled;
  server_.gate->SetFlow(stalled);
  client.Send("question");
  behind.Send("answer");
  EXPECT_EQ(client.Receive(6), "answer");
  EXPECT_FALSE(
      Await(absl::Milliseconds(50), [&] { return !behind.Peek().empty(); }));
  server_.gate->SetFlow({});
  EXPECT_EQ(behind.Receive(8), "question");
}

class CommitCutTest : public SocketGateTest {
 protected:
  CommitCutTest() {
    client_.Send(Startup());
    EXPECT_EQ(behind_.Receive(Startup().size()), Startup());
    behind_.Send(LoggedIn());
    EXPECT_EQ(client_.Receive(LoggedIn().size()), LoggedIn());
  }

  TestSocket client_ = *server_.Connect();
  TestSocket behind_ = server_.Accept();
  const std::string commit_ = Query("COMMIT");
};

INSTANTIATE_TEST_SUITE_P(OnBothKindsOfSockets, CommitCutTest,
                         ::testing::Values(Kind::kUnix, Kind::kTcp));

TEST_P(CommitCutTest, FallsBeforeTheServerGotTheCommit) {
  server_.gate->CutNextCommit(CommitCut::kBeforeServer);
  client_.Send(commit_);
  EXPECT_TRUE(client_.Ends());
  EXPECT_TRUE(behind_.Ends());
  EXPECT_EQ(server_.gate->counts().commits, 1);
  EXPECT_EQ(server_.gate->counts().commit_cuts, 1);
  EXPECT_EQ(server_.gate->counts().commits_kept_back, 1);
}

TEST_P(CommitCutTest, FallsAfterTheServerGotTheCommit) {
  server_.gate->CutNextCommit(CommitCut::kAfterServer);
  client_.Send(commit_);
  EXPECT_EQ(behind_.Receive(commit_.size()), commit_);
  behind_.Send(Complete("COMMIT") + Ready());
  EXPECT_TRUE(client_.Ends());
  EXPECT_EQ(server_.gate->counts().commit_cuts, 1);
  EXPECT_EQ(server_.gate->counts().commits_kept_back, 0);
}

TEST_P(CommitCutTest, WaitsForTheReplyAndDropsIt) {
  server_.gate->CutNextCommit(CommitCut::kAtReply);
  client_.Send(commit_);
  EXPECT_EQ(behind_.Receive(commit_.size()), commit_);
  EXPECT_EQ(server_.gate->counts().cuts, 0);
  behind_.Send(Complete("COMMIT") + Ready());
  EXPECT_TRUE(client_.Ends());
  EXPECT_EQ(server_.gate->counts().commit_cuts, 1);
  EXPECT_EQ(server_.gate->counts().commits_kept_back, 0);
}

TEST_P(CommitCutTest, CountsWhatTheServerEndsBeforeItsReply) {
  client_.Send(commit_);
  EXPECT_EQ(behind_.Receive(commit_.size()), commit_);
  behind_.Close();
  EXPECT_TRUE(client_.Ends());
  EXPECT_EQ(server_.gate->counts().commit_losses, 1);
  EXPECT_EQ(server_.gate->counts().cuts, 0);
}

TEST_P(CommitCutTest, OfAReplyThatWasDeliveredIsNone) {
  client_.Send(commit_);
  const std::string reply = Complete("COMMIT") + Ready();
  behind_.Send(reply);
  EXPECT_EQ(client_.Receive(reply.size()), reply);
  EXPECT_EQ(server_.gate->CutAll(), 1);
  EXPECT_EQ(server_.gate->counts().commits, 1);
  EXPECT_EQ(server_.gate->counts().commit_cuts, 0);
}

// A link between two pairs of sockets, moved by hand.
class GateLinkTest : public ::testing::Test {
 protected:
  GateLinkTest() {
    socketpair(AF_UNIX, SOCK_STREAM, 0, client_);
    socketpair(AF_UNIX, SOCK_STREAM, 0, server_);
    link_.emplace(client_[1], server_[1]);
  }
  ~GateLinkTest() override {
    close(client_[0]);
    close(server_[0]);
  }

  // What one turn brings to the server.
  std::string Turn(const GateFlow& flow, absl::Time now) {
    pollfd polls[] = {link_->client_poll(flow, now),
                      link_->server_poll(flow, now)};
    poll(polls, 2, 0);
    link_->Read(polls[0], polls[1]);
    link_->Write(flow, now);
    std::string bytes(100, '\0');
    const ssize_t got =
        recv(server_[0], bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return bytes;
  }

  int client_[2];
  int server_[2];
  std::optional<GateLink> link_;
};

TEST_F(GateLinkTest, WritesInPieces) {
  GateFlow flow;
  flow.piece_bytes = 2;
  send(client_[0], "abcde", 5, 0);
  EXPECT_EQ(Turn(flow, absl::UnixEpoch()), "ab");
  EXPECT_EQ(Turn(flow, absl::UnixEpoch()), "cd");
  EXPECT_EQ(Turn(flow, absl::UnixEpoch()), "e");
}

TEST_F(GateLinkTest, KeepsToARate) {
  GateFlow flow;
  flow.bytes_per_second = 200;
  send(client_[0], "abcde", 5, 0);
  absl::Time now = absl::UnixEpoch();
  EXPECT_EQ(Turn(flow, now), "ab");
  EXPECT_EQ(Turn(flow, now), "");
  EXPECT_EQ(link_->next_at(now), now + absl::Milliseconds(10));
  now += absl::Milliseconds(10);
  EXPECT_EQ(Turn(flow, now), "cd");
}

}  // namespace
}  // namespace sluice::testing

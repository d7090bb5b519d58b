#include "server/gateway/admin_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/time/clock.h"

namespace sluice::gateway {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class AdminListenerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config::v1::AdminListener config;
    config.set_address("127.0.0.1");
    AdminListener::Pages pages;
    pages["/livez"] = [] { return AdminPage{200, "alive\n"}; };
    pages["/readyz"] = [this] {
      return ready_ ? AdminPage{200, "ready\n"} : AdminPage{503, "draining\n"};
    };
    absl::StatusOr<std::unique_ptr<AdminListener>> listener =
        AdminListener::Start(config, std::move(pages));
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
  }

  Descriptor Connect() const {
    Descriptor connection(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{20, 0};
    setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &limit,
               sizeof(limit));
    EXPECT_EQ(
        connect(connection.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)),
        0);
    return connection;
  }

  static void Send(const Descriptor& connection, const std::string& text) {
    send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }

  // All until the server closes the connection.
  static std::string Receive(const Descriptor& connection) {
    std::string text;
    char bytes[4096];
    ssize_t size = 0;
    while ((size = recv(connection.get(), bytes, sizeof(bytes), 0)) > 0) {
      text.append(bytes, static_cast<size_t>(size));
    }
    EXPECT_EQ(size, 0);
    return text;
  }

  std::string Ask(const std::string& request) const {
    const Descriptor connection = Connect();
    Send(connection, request);
    return Receive(connection);
  }

  std::atomic<bool> ready_{true};
  std::unique_ptr<AdminListener> listener_;
};

TEST_F(AdminListenerTest, AnswersByThePage) {
  EXPECT_EQ(Ask("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 6\r\nCache-Control: no-store\r\n"
            "Connection: close\r\n\r\nalive\n");
  EXPECT_THAT(Ask("GET /readyz?verbose HTTP/1.0\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  ready_ = false;
  const std::string answer = Ask("GET /readyz HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\ndraining\n"));
}

TEST_F(AdminListenerTest, LeavesTheTextOutForHead) {
  const std::string answer = Ask("HEAD /livez HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(AdminListenerTest, TakesARequestInPieces) {
  const Descriptor connection = Connect();
  Send(connection, "GET /li");
  // Another one is served meanwhile.
  EXPECT_THAT(Ask("GET /livez HTTP/1.1\r\n\r\n"), EndsWith("alive\n"));
  Send(connection, "vez HTTP/1.1\r\n\r");
  Send(connection, "\n");
  EXPECT_THAT(Receive(connection), EndsWith("alive\n"));
}

TEST_F(AdminListenerTest, RefusesWhatItDoesNotServe) {
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 404 Not Found\r\n"));
  const std::string post = Ask("POST /livez HTTP/1.1\r\n\r\n");
  EXPECT_THAT(post, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(post, HasSubstr("Allow: GET, HEAD\r\n"));
  for (const char* request : {"\r\n\r\n", "GET\r\n\r\n", "GET /livez\r\n\r\n",
                              "GET /livez HTTP/2\r\n\r\n", "a b c d\r\n\r\n"}) {
    EXPECT_THAT(Ask(request), StartsWith("HTTP/1.1 400 Bad Request\r\n"))
        << request;
  }
}

TEST_F(AdminListenerTest, RefusesALongRequest) {
  const Descriptor connection = Connect();
  Send(connection, std::string(8 * 1024 + 1, 'x'));
  char status[16] = {};
  EXPECT_GT(recv(connection.get(), status, sizeof(status) - 1, MSG_WAITALL), 0);
  EXPECT_STREQ(status, "HTTP/1.1 431 Re");
}

TEST_F(AdminListenerTest, ServesAgainWhenTheTimeOfSlowOnesIsOver) {
  std::vector<Descriptor> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(Connect());
    Send(slow.back(), "GET ");
  }
  EXPECT_THAT(Ask("GET /livez HTTP/1.1\r\n\r\n"), EndsWith("alive\n"));
  for (const Descriptor& connection : slow) EXPECT_EQ(Receive(connection), "");
}

TEST_F(AdminListenerTest, EndsWithConnectionsOpen) {
  const Descriptor connection = Connect();
  Send(connection, "GET ");
  listener_.reset();
}

}  // namespace
}  // namespace sluice::gateway

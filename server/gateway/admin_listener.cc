#include "server/gateway/admin_listener.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "server/base/tcp_listener.h"

namespace sluice::gateway {
namespace {

constexpr absl::Duration kConnectionTime = absl::Seconds(2);
constexpr size_t kMostConnections = 32;
constexpr size_t kMostRequestBytes = 8 * 1024;
// When no descriptor can be had for a connection that waits.
constexpr absl::Duration kPause = absl::Milliseconds(50);

constexpr int kNoTimeout = -1;

absl::string_view PhraseOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Service Unavailable";
  }
}

enum class Body { kSent, kLeftOut };

std::string Render(const AdminPage& page, Body body = Body::kSent) {
  return absl::StrCat(
      "HTTP/1.1 ", page.status, " ", PhraseOf(page.status),
      "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ",
      page.text.size(), "\r\nCache-Control: no-store\r\n",
      page.status == 405 ? "Allow: GET, HEAD\r\n" : "",
      "Connection: close\r\n\r\n", body == Body::kSent ? page.text : "");
}

bool IsWhole(absl::string_view request) {
  return absl::StrContains(request, "\r\n\r\n") ||
         absl::StrContains(request, "\n\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminListener>> AdminListener::Start(
    const config::v1::AdminListener& config, Pages pages) {
  absl::StatusOr<TcpListener> listener =
      ListenOnTcp(config.address(), static_cast<uint16_t>(config.port()));
  if (!listener.ok()) return listener.status();
  auto admin = std::unique_ptr<AdminListener>(new AdminListener(
      std::move(listener->descriptor), listener->port, std::move(pages)));
  if (!admin->stop_.is_open()) {
    return absl::UnavailableError("no descriptor for the admin listener");
  }
  admin->thread_ = std::thread([listener = admin.get()] {
    pthread_setname_np(pthread_self(), "sluice-admin");
    listener->Run();
  });
  return admin;
}

AdminListener::AdminListener(Descriptor listener, uint16_t port, Pages pages)
    : listener_(std::move(listener)),
      port_(port),
      stop_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      pages_(std::move(pages)) {}

AdminListener::~AdminListener() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(stop_.get(), &one, sizeof(one));
  thread_.join();
}

void AdminListener::Run() {
  for (;;) {
    std::vector<pollfd> polls = {{stop_.get(), POLLIN, 0}};
    absl::Time next = absl::InfiniteFuture();
    for (const Connection& connection : connections_) {
      polls.push_back({connection.socket.get(), POLLIN, 0});
      next = std::min(next, connection.deadline);
    }
    const size_t connections = connections_.size();
    if (connections < kMostConnections) {
      polls.push_back({listener_.get(), POLLIN, 0});
    }
    const absl::Duration wait =
        std::max(next - absl::Now(), absl::Milliseconds(1));
    poll(polls.data(), polls.size(),
         connections == 0
             ? kNoTimeout
             : static_cast<int>(absl::ToInt64Milliseconds(wait)) + 1);
    if (polls.front().revents != 0) return;
    for (size_t i = 0; i < connections; ++i) {
      if (polls[i + 1].revents != 0) Receive(connections_[i]);
    }
    if (connections < kMostConnections && polls.back().revents != 0) Accept();
    const absl::Time now = absl::Now();
    std::erase_if(connections_, [now](const Connection& connection) {
      return connection.ended || connection.deadline <= now;
    });
  }
}

void AdminListener::Accept() {
  Descriptor socket(
      accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.is_open()) {
    connections_.push_back(
        {std::move(socket), "", absl::Now() + kConnectionTime});
  } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
             errno == ENOMEM) {
    absl::SleepFor(kPause);
  }
}

void AdminListener::Receive(Connection& connection) const {
  char bytes[kMostRequestBytes];
  const ssize_t size = recv(connection.socket.get(), bytes, sizeof(bytes), 0);
  if (size <= 0) {
    connection.ended = size == 0 || (errno != EAGAIN && errno != EINTR);
    return;
  }
  connection.received.append(bytes, static_cast<size_t>(size));
  std::string answer;
  if (connection.received.size() > kMostRequestBytes) {
    answer = Render({431, "the request is too long\n"});
  } else if (IsWhole(connection.received)) {
    answer = Answer(connection.received);
  } else {
    return;
  }
  // It fits into the buffer of a new connection.
  send(connection.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  connection.ended = true;
}

std::string AdminListener::Answer(absl::string_view request) const {
  const absl::string_view line =
      request.substr(0, request.find_first_of("\r\n"));
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  if (words.size() != 3 || !absl::StartsWith(words[2], "HTTP/1.")) {
    return Render({400, "this is no request of HTTP/1.1\n"});
  }
  if (words[0] != "GET" && words[0] != "HEAD") {
    return Render({405, "only GET and HEAD are served\n"});
  }
  const absl::string_view path = words[1].substr(0, words[1].find('?'));
  const auto page = pages_.find(path);
  const AdminPage answer = page == pages_.end()
                               ? AdminPage{404, "there is no such page\n"}
                               : page->second();
  return Render(answer, words[0] == "GET" ? Body::kSent : Body::kLeftOut);
}

}  // namespace sluice::gateway

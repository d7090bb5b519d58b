#include "tests/support/consul_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::testing {
namespace {

constexpr int kAcceptMilliseconds = 20;

// Up to the empty line; nothing at the end of the connection.
std::optional<std::string> ReadHead(int socket) {
  std::string head;
  char byte = 0;
  while (head.size() < 4 || head.substr(head.size() - 4) != "\r\n\r\n") {
    if (recv(socket, &byte, 1, 0) != 1) return std::nullopt;
    head.push_back(byte);
  }
  return head;
}

// The number behind "NAME=" in the request line; 0 where there is none.
uint64_t ParameterOf(const std::string& head, absl::string_view name) {
  const std::string line = head.substr(0, head.find("\r\n"));
  const size_t begin = line.find(absl::StrCat("&", name, "="));
  if (begin == std::string::npos) return 0;
  const size_t first = begin + name.size() + 2;
  const size_t end = line.find_first_not_of("0123456789", first);
  uint64_t number = 0;
  if (!absl::SimpleAtoi(line.substr(first, end - first), &number)) return 0;
  return number;
}

bool SendAll(int socket, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

std::string ConsulInstance(const std::string& address, int port,
                           const std::string& tag) {
  return absl::StrCat(
      R"({"Node": {"ID": "40e4a748-2192", "Node": "n", "Address": "10.9.9.9",)",
      R"( "Datacenter": "dc1", "Meta": {"x": "y"}, "CreateIndex": 5},)",
      R"( "Service": {"ID": "postgresql", "Service": "postgresql",)",
      R"( "Tags": [")", tag, R"("], "Address": ")", address, R"(", "Port": )",
      port, R"(, "Weights": {"Passing": 1, "Warning": 1}},)",
      R"( "Checks": [{"CheckID": "pg", "Status": "passing",)",
      R"( "Output": "TCP connect: Success"}]})");
}

absl::StatusOr<std::unique_ptr<ConsulServer>> ConsulServer::Start() {
  absl::StatusOr<TcpListener> listener = ListenOnTcp("127.0.0.1", 0);
  if (!listener.ok()) return listener.status();
  return std::unique_ptr<ConsulServer>(new ConsulServer(*std::move(listener)));
}

ConsulServer::ConsulServer(TcpListener listener)
    : listener_(std::move(listener)), acceptor_([this] { Accept(); }) {}

ConsulServer::~ConsulServer() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  acceptor_.join();
  std::vector<std::thread> threads;
  {
    absl::MutexLock lock(&mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  for (const int socket : sockets_) close(socket);
}

std::string ConsulServer::address() const {
  return absl::StrCat("127.0.0.1:", listener_.port);
}

void ConsulServer::Answer(ConsulAnswer answer) {
  absl::MutexLock lock(&mutex_);
  answer_ = std::move(answer);
  ++index_;
}

void ConsulServer::AnswerWithIndex(ConsulAnswer answer, uint64_t index) {
  absl::MutexLock lock(&mutex_);
  answer_ = std::move(answer);
  index_ = index;
}

std::vector<std::string> ConsulServer::requests() const {
  absl::MutexLock lock(&mutex_);
  return requests_;
}

int ConsulServer::blocked() const {
  absl::MutexLock lock(&mutex_);
  return blocked_;
}

void ConsulServer::Accept() {
  for (;;) {
    pollfd event{listener_.descriptor.get(), POLLIN, 0};
    poll(&event, 1, kAcceptMilliseconds);
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    const int socket =
        accept4(listener_.descriptor.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { Serve(socket); });
  }
}

void ConsulServer::Serve(int socket) {
  while (const std::optional<std::string> head = ReadHead(socket)) {
    if (!Block(*head)) return;
    const std::string response = MakeResponse();
    ConsulAnswer::Body whole = ConsulAnswer::Body::kWhole;
    {
      absl::MutexLock lock(&mutex_);
      whole = answer_.whole;
    }
    if (!SendAll(socket, response)) return;
    if (whole == ConsulAnswer::Body::kHalf) shutdown(socket, SHUT_RDWR);
  }
}

bool ConsulServer::Block(const std::string& head) {
  const uint64_t index = ParameterOf(head, "index");
  const auto wait =
      absl::Milliseconds(static_cast<int64_t>(ParameterOf(head, "wait")));
  absl::MutexLock lock(&mutex_);
  requests_.push_back(head);
  ++blocked_;
  const auto moved = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopped_ || index == 0 || index_ > index;
  };
  mutex_.AwaitWithTimeout(absl::Condition(&moved), wait);
  const auto spoken = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopped_ || answer_.speed == ConsulAnswer::Speed::kAtOnce;
  };
  mutex_.Await(absl::Condition(&spoken));
  --blocked_;
  return !stopped_;
}

std::string ConsulServer::MakeResponse() const {
  absl::MutexLock lock(&mutex_);
  std::string response =
      absl::StrCat("HTTP/1.1 ", answer_.status, " Status\r\n",
                   "Content-Type: application/json\r\n",
                   "Content-Length: ", answer_.body.size(), "\r\n");
  if (answer_.index == ConsulAnswer::Index::kGiven) {
    absl::StrAppend(&response, "X-Consul-Index: ", index_, "\r\n");
  }
  for (const std::string& header : answer_.headers) {
    absl::StrAppend(&response, header, "\r\n");
  }
  const bool is_whole = answer_.whole == ConsulAnswer::Body::kWhole;
  absl::StrAppend(&response, "\r\n",
                  is_whole ? answer_.body
                           : answer_.body.substr(0, answer_.body.size() / 2));
  return response;
}

}  // namespace sluice::testing

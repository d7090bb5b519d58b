#include "tests/integration/password_thief.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/free_port.h"

namespace sluice::testing {
namespace {

// PostgreSQL's protocol, "Message Formats".
constexpr uint32_t kSslRequest = 80877103;
constexpr char kAskForPassword[] = {'R', 0, 0, 0, 8, 0, 0, 0, 3};
constexpr size_t kMaxMessageBytes = 65536;
// How long it waits for the next bytes of a connection.
constexpr int kSilenceSeconds = 2;
constexpr int kTurnMilliseconds = 50;

uint32_t BigEndian(const char* bytes) {
  uint32_t number = 0;
  std::memcpy(&number, bytes, sizeof(number));
  return ntohl(number);
}

absl::Status SocketError(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

}  // namespace

// One connection, with TLS or without.
class PasswordThief::Conversation {
 public:
  Conversation(Descriptor socket, SSL_CTX* context)
      : socket_(std::move(socket)), context_(context) {
    const timeval silence = {kSilenceSeconds, 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &silence,
               sizeof(silence));
  }
  ~Conversation() {
    if (tls_ != nullptr) SSL_free(tls_);
  }
  Conversation(const Conversation&) = delete;

  // The body of the password message; "" when none came.
  std::string AskForPassword() {
    std::string startup = ReadBody();
    if (startup.size() == 4 && BigEndian(startup.data()) == kSslRequest) {
      if (!AnswerSslRequest()) return "";
      startup = ReadBody();
    }
    if (startup.empty()) return "";
    if (!Write(kAskForPassword, sizeof(kAskForPassword))) return "";
    char type = 0;
    if (!Read(&type, 1) || type != 'p') return "";
    return ReadBody();
  }

 private:
  bool AnswerSslRequest() {
    if (context_ == nullptr) return Write("N", 1);
    if (!Write("S", 1)) return false;
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, socket_.get());
    return SSL_accept(tls_) == 1;
  }

  // What follows a length, which counts itself.
  std::string ReadBody() {
    char length[4];
    if (!Read(length, sizeof(length))) return "";
    const uint32_t bytes = BigEndian(length);
    if (bytes < sizeof(length) || bytes > kMaxMessageBytes) return "";
    std::string body(bytes - sizeof(length), '\0');
    return Read(body.data(), body.size()) ? body : "";
  }

  bool Read(char* bytes, size_t count) {
    while (count > 0) {
      const auto read =
          tls_ != nullptr
              ? SSL_read(tls_, bytes, static_cast<int>(count))
              : static_cast<int>(recv(socket_.get(), bytes, count, 0));
      if (read <= 0) return false;
      bytes += read;
      count -= static_cast<size_t>(read);
    }
    return true;
  }

  bool Write(const char* bytes, size_t count) {
    if (tls_ != nullptr) {
      return SSL_write(tls_, bytes, static_cast<int>(count)) > 0;
    }
    return send(socket_.get(), bytes, count, MSG_NOSIGNAL) ==
           static_cast<ssize_t>(count);
  }

  const Descriptor socket_;
  SSL_CTX* const context_;
  SSL* tls_ = nullptr;
};

absl::StatusOr<std::unique_ptr<PasswordThief>> PasswordThief::Start(
    const std::string& socket_folder, const Certificate& certificate) {
  auto thief = std::unique_ptr<PasswordThief>(new PasswordThief());
  absl::Status status = thief->LoadCertificate(certificate);
  if (status.ok()) status = thief->Listen(socket_folder);
  if (!status.ok()) return status;
  thief->thread_ = std::thread([thief = thief.get()] { thief->Run(); });
  return thief;
}

PasswordThief::~PasswordThief() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<std::string> PasswordThief::passwords() {
  const MutexLock lock(&mutex_);
  return passwords_;
}

absl::Status PasswordThief::LoadCertificate(const Certificate& certificate) {
  if (certificate.file.empty()) return absl::OkStatus();
  context_.reset(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate_chain_file(context_.get(),
                                         certificate.file.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context_.get(), certificate.key_file.c_str(),
                                  SSL_FILETYPE_PEM) == 1) {
    return absl::OkStatus();
  }
  return absl::UnavailableError("the listener's certificate");
}

absl::Status PasswordThief::Listen(const std::string& socket_folder) {
  port_ = FindFreePort();
  tcp_listener_ = Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in tcp = {};
  tcp.sin_family = AF_INET;
  tcp.sin_port = htons(port_);
  tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(tcp_listener_.get(), reinterpret_cast<const sockaddr*>(&tcp),
           sizeof(tcp)) != 0 ||
      listen(tcp_listener_.get(), 16) != 0) {
    return SocketError("the listener on TCP");
  }
  unix_listener_ = Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un path = {};
  path.sun_family = AF_UNIX;
  const std::string name = absl::StrCat(socket_folder, "/.s.PGSQL.", port_);
  std::strncpy(path.sun_path, name.c_str(), sizeof(path.sun_path) - 1);
  if (bind(unix_listener_.get(), reinterpret_cast<const sockaddr*>(&path),
           sizeof(path)) != 0 ||
      chmod(name.c_str(), 0777) != 0 || listen(unix_listener_.get(), 16) != 0) {
    return SocketError("the listener on a Unix socket");
  }
  return absl::OkStatus();
}

void PasswordThief::Run() {
  pollfd listeners[] = {{tcp_listener_.get(), POLLIN, 0},
                        {unix_listener_.get(), POLLIN, 0}};
  while (!stopping_) {
    if (poll(listeners, 2, kTurnMilliseconds) <= 0) continue;
    for (const pollfd& listener : listeners) {
      if ((listener.revents & POLLIN) == 0) continue;
      Meet(Descriptor(accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC)));
    }
  }
}

void PasswordThief::Meet(Descriptor connection) {
  if (!connection.is_open()) return;
  ++connection_count_;
  std::string password =
      Conversation(std::move(connection), context_.get()).AskForPassword();
  if (password.empty()) return;
  // A zero byte ends it.
  password.resize(std::strlen(password.c_str()));
  const MutexLock lock(&mutex_);
  passwords_.push_back(std::move(password));
}

}  // namespace sluice::testing

#include "server/postgres/pooler_ping.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/endian.h"
#include "server/postgres/transport.h"

namespace sluice::postgres {
namespace {

// https://www.postgresql.org/docs/15/protocol-message-formats.html
constexpr uint32_t kSslRequestCode = 80877103;
constexpr size_t kRequestBytes = 8;

struct PoolerAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

bool FillUnixAddress(const ConnectionSettings& settings,
                     PoolerAddress& address) {
  auto& native = reinterpret_cast<sockaddr_un&>(address.storage);
  const std::string path =
      absl::StrCat(settings.host, "/.s.PGSQL.", settings.port);
  if (path.size() >= sizeof(native.sun_path)) return false;
  native.sun_family = AF_UNIX;
  std::memcpy(native.sun_path, path.c_str(), path.size() + 1);
  address.size = sizeof(native);
  return true;
}

bool FillIpAddress(const ConnectionSettings& settings, PoolerAddress& address) {
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  if (inet_pton(AF_INET, settings.hostaddr.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(settings.port);
    address.size = sizeof(v4);
    return true;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (inet_pton(AF_INET6, settings.hostaddr.c_str(), &v6.sin6_addr) != 1) {
    return false;
  }
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(settings.port);
  address.size = sizeof(v6);
  return true;
}

// False: no connection is to be had.
bool StartConnecting(StreamSocket& socket, const PoolerAddress& address) {
  const int family = address.storage.ss_family;
  const int descriptor =
      ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const int result =
      connect(descriptor, reinterpret_cast<const sockaddr*>(&address.storage),
              address.size);
  asio::error_code error;
  if (result == 0 || errno == EINPROGRESS) {
    socket.assign(asio::generic::stream_protocol(family, 0), descriptor, error);
    if (!error) return true;
  }
  close(descriptor);
  return false;
}

bool SendRequest(StreamSocket& socket) {
  char request[kRequestBytes];
  StoreBig32(kRequestBytes, request);
  StoreBig32(kSslRequestCode, request + 4);
  return send(socket.native_handle(), request, kRequestBytes, MSG_NOSIGNAL) ==
         static_cast<ssize_t>(kRequestBytes);
}

bool TakeAnswer(StreamSocket& socket) {
  char answer = 0;
  return recv(socket.native_handle(), &answer, 1, MSG_DONTWAIT) == 1;
}

}  // namespace

Task<PoolerPulse> PingPooler(EventLoop& loop,
                             const ConnectionSettings& settings,
                             Deadline deadline) {
  PoolerAddress address;
  const bool known = settings.over_unix_socket()
                         ? FillUnixAddress(settings, address)
                         : FillIpAddress(settings, address);
  if (!known) co_return PoolerPulse::kUnknown;
  StreamSocket socket(loop.context());
  if (!StartConnecting(socket, address)) co_return PoolerPulse::kSilent;
  Timer timer(loop);
  timer.Start(deadline, [&socket] {
    asio::error_code ignored;
    socket.close(ignored);
  });
  SocketWait writable(socket, StreamSocket::wait_write);
  asio::error_code error = co_await writable;
  if (error || !SendRequest(socket)) co_return PoolerPulse::kSilent;
  SocketWait readable(socket, StreamSocket::wait_read);
  error = co_await readable;
  if (error || !TakeAnswer(socket)) co_return PoolerPulse::kSilent;
  co_return PoolerPulse::kAnswers;
}

}  // namespace sluice::postgres

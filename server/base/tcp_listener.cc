#include "server/base/tcp_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// The kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 4096;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

absl::Status ErrnoStatus(const std::string& address, uint16_t port) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address,
                                             " port ", port, ": ",
                                             std::strerror(errno)));
}

absl::StatusOr<SocketAddress> ParseAddress(const std::string& address,
                                           uint16_t port) {
  SocketAddress parsed;
  sockaddr_in ipv4{};
  sockaddr_in6 ipv6{};
  if (inet_pton(AF_INET, address.c_str(), &ipv4.sin_addr) == 1) {
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    parsed.size = sizeof(ipv4);
    std::memcpy(&parsed.storage, &ipv4, sizeof(ipv4));
    return parsed;
  }
  if (inet_pton(AF_INET6, address.c_str(), &ipv6.sin6_addr) == 1) {
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(port);
    parsed.size = sizeof(ipv6);
    std::memcpy(&parsed.storage, &ipv6, sizeof(ipv6));
    return parsed;
  }
  return absl::UnavailableError(absl::StrCat(address, " is no IP address"));
}

}  // namespace

absl::StatusOr<TcpListener> ListenOnTcp(const std::string& address,
                                        uint16_t port) {
  absl::StatusOr<SocketAddress> parsed = ParseAddress(address, port);
  if (!parsed.ok()) return parsed.status();
  Descriptor listener(socket(parsed->storage.ss_family,
                             SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  // For a port whose connections of a former process are in TIME_WAIT.
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  SocketAddress bound;
  if (!listener.is_open() ||
      bind(listener.get(), parsed->get(), parsed->size) != 0 ||
      listen(listener.get(), kBacklog) != 0 ||
      getsockname(listener.get(), bound.get(), &bound.size) != 0) {
    return ErrnoStatus(address, port);
  }
  // The port lies at the same place in both families.
  sockaddr_in ipv4;
  std::memcpy(&ipv4, &bound.storage, sizeof(ipv4));
  return TcpListener{std::move(listener), ntohs(ipv4.sin_port)};
}

}  // namespace sluice

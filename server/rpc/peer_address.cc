#include "server/rpc/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace sluice::rpc {
namespace {

constexpr size_t kNetworkBytes = 8;
constexpr size_t kMappedPrefixBytes = 12;
constexpr uint32_t kMaxPort = 65535;

std::string BytesOf(const void* bytes, size_t size) {
  return std::string(static_cast<const char*>(bytes), size);
}

PeerAddress Make(std::string host, const std::string& bytes, uint32_t port) {
  return {absl::StrCat(bytes, ":", port), std::move(host)};
}

PeerAddress MakeIpv4(const std::string& bytes, uint32_t port) {
  return Make(bytes, bytes, port);
}

PeerAddress MakeIpv6(const in6_addr& address, uint32_t port) {
  const std::string bytes = BytesOf(&address, sizeof(address));
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    return MakeIpv4(bytes.substr(kMappedPrefixBytes), port);
  }
  return Make(bytes.substr(0, kNetworkBytes), bytes, port);
}

}  // namespace

std::optional<PeerAddress> PeerAddressOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in ipv4;
    std::memcpy(&ipv4, &address, sizeof(ipv4));
    return MakeIpv4(BytesOf(&ipv4.sin_addr, sizeof(ipv4.sin_addr)),
                    ntohs(ipv4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 ipv6;
    std::memcpy(&ipv6, &address, sizeof(ipv6));
    return MakeIpv6(ipv6.sin6_addr, ntohs(ipv6.sin6_port));
  }
  return std::nullopt;
}

std::optional<PeerAddress> ParsePeer(absl::string_view peer) {
  const bool is_ipv4 = absl::ConsumePrefix(&peer, "ipv4:");
  if (!is_ipv4 && !absl::ConsumePrefix(&peer, "ipv6:")) return std::nullopt;
  const size_t colon = peer.rfind(':');
  uint32_t port = 0;
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(peer.substr(colon + 1), &port) || port > kMaxPort) {
    return std::nullopt;
  }
  std::string host = absl::StrReplaceAll(
      peer.substr(0, colon),
      {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}, {"%25", "%"}});
  // The zone of a link-local address is not among its bytes.
  host.resize(std::min(host.size(), host.find('%')));
  if (is_ipv4) {
    in_addr address;
    if (inet_pton(AF_INET, host.c_str(), &address) != 1) return std::nullopt;
    return MakeIpv4(BytesOf(&address, sizeof(address)), port);
  }
  in6_addr address;
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return std::nullopt;
  return MakeIpv6(address, port);
}

}  // namespace sluice::rpc

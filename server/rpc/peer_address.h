// PeerAddress: where a connection comes from.

#ifndef SLUICE_SERVER_RPC_PEER_ADDRESS_H_
#define SLUICE_SERVER_RPC_PEER_ADDRESS_H_

#include <sys/socket.h>

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::rpc {

struct PeerAddress {
  // Address and port, the same for each form that gRPC or the kernel gives.
  std::string endpoint;
  // Whom caps count: an IPv4 address, or the /64 of an IPv6 address, which is
  // what one host may have to itself (RFC 6177). An IPv4 address mapped into
  // IPv6 counts as IPv4.
  std::string host;
};

// Nothing for a family that is neither.
std::optional<PeerAddress> PeerAddressOf(const sockaddr_storage& address);

// From gRPC's ServerContext::peer(), such as "ipv4:192.0.2.7:51123" or
// "ipv6:%5B2001:db8::1%5D:51123". Nothing for another form.
std::optional<PeerAddress> ParsePeer(absl::string_view peer);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_PEER_ADDRESS_H_

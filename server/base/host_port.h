// Hosts and ports as settings and discovery write them: checked, and brought
// to one form each.

#ifndef SLUICE_SERVER_BASE_HOST_PORT_H_
#define SLUICE_SERVER_BASE_HOST_PORT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice {

struct HostPort {
  bool operator==(const HostPort&) const = default;

  // As CanonicalHost gives it.
  std::string host;
  uint16_t port = 0;
};

bool IsIpAddress(const std::string& text);

// A host name in lower case without a final dot, or an IP address as inet_ntop
// writes it, without brackets; no IPv6 address that stands for one of IPv4:
// that has a form of its own. A name has letters, digits, `-`, `_` and dots, at
// most 253 bytes, and its last label is no number, decimal or hexadecimal:
// resolvers take such for addresses (RFC 1123, section 2.1). Nothing for
// anything else.
std::optional<std::string> CanonicalHost(absl::string_view text);

// Reads "HOST:PORT", "[IPV6]:PORT", or either without the port where
// `default_port` is not 0. An IPv6 address without brackets is refused: where
// it ends can't be told.
// Errors: INVALID_ARGUMENT, with the text, shortened.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text,
                                       uint16_t default_port);

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_HOST_PORT_H_

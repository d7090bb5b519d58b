// NodeAddress: where a PostgreSQL node is, and what it is called here.

#ifndef SLUICE_SERVER_TOPOLOGY_NODE_ADDRESS_H_
#define SLUICE_SERVER_TOPOLOGY_NODE_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::topology {

struct NodeAddress {
  bool operator==(const NodeAddress&) const = default;

  // Names its entries of pgbouncer, in which `[a-z0-9._-]` alone may stand; at
  // most 32 bytes. Unique within a cluster.
  std::string name;
  // Host name, lower case, or IP address in its canonical form, without
  // brackets.
  std::string host;
  uint16_t port = 0;
};

// The name of a node that was given none: "HOST_PORT" with `-` for each byte
// that names do not have, or where that is too long its first bytes and a
// digest. The same on every instance.
std::string MakeNodeName(absl::string_view host, uint16_t port);

// Reads "HOST:PORT", "[IPV6]:PORT", or either without the port, then 5432; the
// node is named by MakeNodeName.
// Errors: INVALID_ARGUMENT.
absl::StatusOr<NodeAddress> ParseNodeAddress(absl::string_view text);

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_NODE_ADDRESS_H_

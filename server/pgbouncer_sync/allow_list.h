// AllowList: where a node of a cluster may be, whatever the gateway proposes.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_ALLOW_LIST_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_ALLOW_LIST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice::pgbouncer_sync {

// Allows nothing until it is told.
class AllowList {
 public:
  // A host as FindHostKind takes it, ".DOMAIN" for all names below a domain, or
  // "ADDRESS/BITS" for a network, whose address has no bit beyond these.
  // Errors: INVALID_ARGUMENT.
  absl::Status AddHost(absl::string_view text);
  // Errors: INVALID_ARGUMENT.
  absl::Status AddPort(absl::string_view text);

  // `host` as FindHostKind takes it. Names are compared, never resolved.
  // Errors: PERMISSION_DENIED.
  absl::Status Check(const std::string& host, uint16_t port) const;

 private:
  // An IP address in network order: 4 bytes or 16.
  struct Address {
    std::array<uint8_t, 16> bytes = {};
    size_t bits = 0;
  };
  struct Network {
    Address address;
    size_t bits = 0;
  };

  static Address AddressOf(const std::string& host);
  static bool Holds(const Network& network, const Address& address);
  absl::Status AddNetwork(absl::string_view address, absl::string_view bits);
  bool Allows(const std::string& host) const;

  absl::flat_hash_set<std::string> hosts_;
  // With their leading dot.
  std::vector<std::string> domains_;
  std::vector<Network> networks_;
  absl::flat_hash_set<uint16_t> ports_;
};

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_ALLOW_LIST_H_

// TcpListener: a TCP port of an IP address that this process listens on.

#ifndef SLUICE_SERVER_BASE_TCP_LISTENER_H_
#define SLUICE_SERVER_BASE_TCP_LISTENER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/descriptor.h"

namespace sluice {

struct TcpListener {
  // Does not block.
  Descriptor descriptor;
  uint16_t port;
};

// Binds and listens; port 0 takes a free one. No other process may have the
// same port.
// Errors: UNAVAILABLE.
absl::StatusOr<TcpListener> ListenOnTcp(const std::string& address,
                                        uint16_t port);

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_TCP_LISTENER_H_

// AdminListener: the port for operators and probes, plain HTTP on loopback.

#ifndef SLUICE_SERVER_GATEWAY_ADMIN_LISTENER_H_
#define SLUICE_SERVER_GATEWAY_ADMIN_LISTENER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/descriptor.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::gateway {

// What a page says.
struct AdminPage {
  // Of HTTP.
  int status = 200;
  std::string text;
};

// Answers GET and HEAD, one request a connection (RFC 9112), and reads no body.
// One thread, sluice-admin, on which pages are made: they do not block. A
// connection has two seconds in all, a request 8 KiB, and 32 are served at
// once, so one who is slow holds up nobody for longer.
class AdminListener {
 public:
  // By path, such as "/livez".
  using Pages = absl::flat_hash_map<std::string, std::function<AdminPage()>>;

  // Lifetime: what `pages` refer to outlives it.
  // Errors: UNAVAILABLE (the port).
  static absl::StatusOr<std::unique_ptr<AdminListener>> Start(
      const config::v1::AdminListener& config, Pages pages);
  // Closes the port and ends the thread.
  ~AdminListener();
  AdminListener(const AdminListener&) = delete;

  uint16_t port() const { return port_; }

 private:
  struct Connection {
    Descriptor socket;
    std::string received;
    absl::Time deadline;
    bool ended = false;
  };

  AdminListener(Descriptor listener, uint16_t port, Pages pages);

  void Run();
  void Accept();
  void Receive(Connection& connection) const;
  std::string Answer(absl::string_view request) const;

  const Descriptor listener_;
  const uint16_t port_;
  const Descriptor stop_;
  const Pages pages_;
  std::vector<Connection> connections_;
  std::thread thread_;
};

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_ADMIN_LISTENER_H_

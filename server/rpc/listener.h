// Listener: the port for clients: its settings, its certificates, and the
// acceptor in front of gRPC.

#ifndef SLUICE_SERVER_RPC_LISTENER_H_
#define SLUICE_SERVER_RPC_LISTENER_H_

#include <grpcpp/server_builder.h>

#include <memory>

#include "absl/status/statusor.h"
#include "server/rpc/acceptor.h"
#include "server/rpc/connection_table.h"
#include "server/rpc/serving_certificate.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::rpc {

class Listener {
 public:
  // Binds the port and adds itself to `builder`.
  // Lifetime: `certificate` outlives it.
  // Errors: UNAVAILABLE (the port).
  static absl::StatusOr<std::unique_ptr<Listener>> Make(
      const config::v1::Listener& config, ServingCertificate& certificate,
      grpc::ServerBuilder& builder);
  Listener(const Listener&) = delete;

  int port() const { return acceptor_->port(); }
  ConnectionTable& connections() { return connections_; }

  // Takes connections; the builder's server runs.
  void Start() { acceptor_->Start(std::move(target_)); }
  // Takes no more. Before the server's Shutdown.
  void StopAccepting() { acceptor_->StopAccepting(); }
  // Before the server ends.
  void Stop() { acceptor_->Stop(); }

 private:
  explicit Listener(const ConnectionTable::Caps& caps) : connections_(caps) {}

  ConnectionTable connections_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<Acceptor::Target> target_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_LISTENER_H_

// Server: the listener for clients, its services and their worker threads.

#ifndef SLUICE_SERVER_RPC_SERVER_H_
#define SLUICE_SERVER_RPC_SERVER_H_

#include <grpcpp/server.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/base/reload.h"
#include "server/execution/executor.h"
#include "server/rpc/listener.h"
#include "server/rpc/serving_certificate.h"
#include "server/rpc/worker.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::rpc {

class Server {
 public:
  // Binds the port and takes calls, a worker for each of `executors`.
  // Lifetime: `parts` and `executors` outlive it.
  // Errors: INVALID_ARGUMENT (a certificate file), UNAVAILABLE (the port).
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const config::v1::Config& config, ServerParts parts,
      const std::vector<execution::Executor*>& executors);

  ~Server();
  Server(const Server&) = delete;

  int port() const { return listener_->port(); }

  // Until Stop.
  bool IsTakingCalls() const { return !state_.draining.load(); }

  // Reads the files of the listener's certificates again.
  // Errors: INVALID_ARGUMENT; what was before stays.
  absl::StatusOr<Reload> ReloadCertificates() {
    return certificate_->ReadAgain();
  }

  // Tells NOT_SERVING, takes no more calls, lets those in progress end for at
  // most `grace` and cancels the rest; interactive transactions are told
  // shortly before that. Idempotent.
  void Stop(absl::Duration grace);

 private:
  Server(const config::v1::Config& config, ServerParts parts)
      : state_(std::move(parts), config) {}

  std::unique_ptr<ServingCertificate> certificate_;
  std::unique_ptr<Listener> listener_;
  ServerState state_;
  grpc::health::v1::Health::AsyncService health_service_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_SERVER_H_

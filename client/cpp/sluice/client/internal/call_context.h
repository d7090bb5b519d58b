// A call of gRPC: bounded by a deadline and a stop token, proved by a token.

#ifndef SLUICE_CLIENT_INTERNAL_CALL_CONTEXT_H_
#define SLUICE_CLIENT_INTERNAL_CALL_CONTEXT_H_

#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "sluice/client/internal/attempts.h"
#include "sluice/client/token_source.h"

namespace sluice::client::internal {

// Lifetime: as long as the call.
class CallContext {
 public:
  // Waits for a token, where there is none.
  CallContext(const CallBounds& bounds, std::shared_ptr<TokenSource> tokens);
  CallContext(const CallContext&) = delete;

  // OK, or why the call can't be made: there is no token for it.
  const absl::Status& status() const { return status_; }

  grpc::ClientContext& grpc_context() { return context_; }

  // How the call ended. Lets go of a token that was refused.
  absl::Status Finish(const grpc::Status& status);

 private:
  struct Cancel {
    void operator()() const { context.TryCancel(); }
    grpc::ClientContext& context;
  };

  const std::shared_ptr<TokenSource> tokens_;
  grpc::ClientContext context_;
  // The one that the call carries, or none.
  std::string token_;
  absl::Status status_;
  std::stop_callback<Cancel> on_stop_;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_CALL_CONTEXT_H_

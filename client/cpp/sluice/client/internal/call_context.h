// A call of gRPC, bounded by a deadline and a stop token.

#ifndef SLUICE_CLIENT_INTERNAL_CALL_CONTEXT_H_
#define SLUICE_CLIENT_INTERNAL_CALL_CONTEXT_H_

#include <stop_token>

#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "sluice/client/internal/attempts.h"

namespace sluice::client::internal {

// Lifetime: as long as the call.
class CallContext {
 public:
  explicit CallContext(const CallBounds& bounds)
      : on_stop_(bounds.stop, Cancel{context_}) {
    if (bounds.deadline != absl::InfiniteFuture()) {
      context_.set_deadline(absl::ToChronoTime(bounds.deadline));
    }
  }
  CallContext(const CallContext&) = delete;

  grpc::ClientContext& grpc_context() { return context_; }

 private:
  struct Cancel {
    void operator()() const { context.TryCancel(); }
    grpc::ClientContext& context;
  };

  grpc::ClientContext context_;
  std::stop_callback<Cancel> on_stop_;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_CALL_CONTEXT_H_

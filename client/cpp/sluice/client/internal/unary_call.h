// Calls of one request and one response.

#ifndef SLUICE_CLIENT_INTERNAL_UNARY_CALL_H_
#define SLUICE_CLIENT_INTERNAL_UNARY_CALL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/client_context.h"
#include "sluice/client/call_options.h"
#include "sluice/client/internal/attempts.h"
#include "sluice/client/internal/call_context.h"
#include "sluice/client/internal/service.h"
#include "sluice/client/options.h"

namespace sluice::client::internal {

// What ends a stream: what the call's options say.
CallBounds StreamBounds(const CallOptions& options);
// What ends a unary call: that, or the client's timeout.
CallBounds UnaryBounds(const CallOptions& options,
                       const ClientOptions& client_options);

template <typename Stub, typename Request, typename Response>
using UnaryMethod = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&,
                                           Response*);

// Makes a call, and again where `rule` says so.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> CallUnary(const Service<Stub>& service,
                                   UnaryMethod<Stub, Request, Response> method,
                                   const Request& request,
                                   const RetryPolicy& retry,
                                   const CallBounds& bounds, RetryRule rule) {
  Response response;
  const auto call = [&] {
    CallContext context(bounds, service.tokens);
    if (!context.status().ok()) return context.status();
    response.Clear();
    return context.Finish(
        ((*service.stub).*method)(&context.grpc_context(), request, &response));
  };
  absl::Status status = RunAttempts(
      retry, bounds, [&] { return WithNewToken(call); }, rule);
  if (!status.ok()) return status;
  return response;
}

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_UNARY_CALL_H_

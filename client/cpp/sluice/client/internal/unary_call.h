// Calls of one request and one response.

#ifndef SLUICE_CLIENT_INTERNAL_UNARY_CALL_H_
#define SLUICE_CLIENT_INTERNAL_UNARY_CALL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/client_context.h"
#include "sluice/client/call_options.h"
#include "sluice/client/internal/attempts.h"
#include "sluice/client/internal/call_context.h"
#include "sluice/client/internal/grpc_status.h"
#include "sluice/client/options.h"
#include "sluice/v1/database.grpc.pb.h"

namespace sluice::client::internal {

// What ends a stream: what the call's options say.
CallBounds StreamBounds(const CallOptions& options);
// What ends a unary call: that, or the client's timeout.
CallBounds UnaryBounds(const CallOptions& options,
                       const ClientOptions& client_options);

template <typename Request, typename Response>
using UnaryMethod = grpc::Status (v1::Database::StubInterface::*)(
    grpc::ClientContext*, const Request&, Response*);

// Makes a call, and again where `rule` says so.
template <typename Request, typename Response>
absl::StatusOr<Response> CallUnary(v1::Database::StubInterface& stub,
                                   UnaryMethod<Request, Response> method,
                                   const Request& request,
                                   const RetryPolicy& retry,
                                   const CallBounds& bounds, RetryRule rule) {
  Response response;
  absl::Status status = RunAttempts(
      retry, bounds,
      [&] {
        CallContext context(bounds);
        response.Clear();
        return FromGrpcStatus(
            (stub.*method)(&context.grpc_context(), request, &response));
      },
      rule);
  if (!status.ok()) return status;
  return response;
}

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_UNARY_CALL_H_

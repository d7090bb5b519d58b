// From gRPC's status to Abseil's.

#ifndef SLUICE_CLIENT_INTERNAL_GRPC_STATUS_H_
#define SLUICE_CLIENT_INTERNAL_GRPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace sluice::client::internal {

// Keeps the details as payloads by their type URLs.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_GRPC_STATUS_H_

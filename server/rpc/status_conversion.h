// The one place where an absl::Status becomes a grpc::Status.

#ifndef SLUICE_SERVER_RPC_STATUS_CONVERSION_H_
#define SLUICE_SERVER_RPC_STATUS_CONVERSION_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace sluice::rpc {

// Keeps code, message and details (as a serialized `google.rpc.Status`), and
// adds a `google.rpc.RetryInfo` where the call may be made again as it is. The
// message is cut to 512 bytes: gRPC carries it in a header of bounded size.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_STATUS_CONVERSION_H_

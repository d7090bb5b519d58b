// The one place where an absl::Status becomes a grpc::Status, or the message
// that says the same within a stream.

#ifndef SLUICE_SERVER_RPC_STATUS_CONVERSION_H_
#define SLUICE_SERVER_RPC_STATUS_CONVERSION_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::rpc {

// Keeps code, message and details (as a serialized `google.rpc.Status`), and
// adds a `google.rpc.RetryInfo` where the call may be made again as it is. The
// message is cut to 512 bytes: gRPC carries it in a header of bounded size.
grpc::Status ToGrpcStatus(const absl::Status& status);

// What a stream that goes on says of an error: the same code, message and
// details. `retry_delay` is set where RetryInfo would be.
v1::CallError ToCallError(const absl::Status& status);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_STATUS_CONVERSION_H_

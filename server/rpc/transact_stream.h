// The types of one Transact call, as gRPC has them.

#ifndef SLUICE_SERVER_RPC_TRANSACT_STREAM_H_
#define SLUICE_SERVER_RPC_TRANSACT_STREAM_H_

#include <grpcpp/support/async_stream.h>

#include "sluice/v1/database.grpc.pb.h"

namespace sluice::rpc {

using TransactStream =
    grpc::ServerAsyncReaderWriter<v1::TransactResponse, v1::TransactRequest>;

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_TRANSACT_STREAM_H_

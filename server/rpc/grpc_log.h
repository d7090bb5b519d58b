// Brings gRPC's own log lines into the structured log.

#ifndef SLUICE_SERVER_RPC_GRPC_LOG_H_
#define SLUICE_SERVER_RPC_GRPC_LOG_H_

namespace sluice::rpc {

// Errors alone, and at most ten a second: clients can cause them at will.
// Before any other use of gRPC.
void RouteGrpcLog();

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_GRPC_LOG_H_

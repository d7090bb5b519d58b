// grpc.health.v1 on the completion queues. (gRPC's own implementation is
// callback based and costs every other call twice its CPU.)

#ifndef SLUICE_SERVER_RPC_HEALTH_H_
#define SLUICE_SERVER_RPC_HEALTH_H_

#include "grpc/health/v1/health.grpc.pb.h"
#include "server/rpc/worker.h"

namespace sluice::rpc {

// Answers for "" and "sluice.v1.Database" (SERVING until the server drains)
// and for "database/<name>" (SERVING while its backend can be reached). Needs
// a client certificate, as every call, and no app. Before the queue's thread
// starts.
void ServeHealth(Worker& worker,
                 grpc::health::v1::Health::AsyncService& health);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_HEALTH_H_

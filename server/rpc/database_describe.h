// The RPC Describe: what a statement takes and gives.

#ifndef SLUICE_SERVER_RPC_DATABASE_DESCRIBE_H_
#define SLUICE_SERVER_RPC_DATABASE_DESCRIBE_H_

#include "server/rpc/worker.h"

namespace sluice::rpc {

// Starts taking its calls on the worker's queue, until the server shuts down.
// Before the queue's thread starts.
void ServeDatabaseDescribe(Worker& worker);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_DATABASE_DESCRIBE_H_

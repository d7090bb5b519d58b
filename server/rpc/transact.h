// The RPC Transact of the Database service.

#ifndef SLUICE_SERVER_RPC_TRANSACT_H_
#define SLUICE_SERVER_RPC_TRANSACT_H_

#include "server/rpc/worker.h"

namespace sluice::rpc {

// Starts taking calls on the worker's queue, until the server shuts down.
// Before the queue's thread starts.
void ServeTransact(Worker& worker);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_TRANSACT_H_

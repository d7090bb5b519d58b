// The unary RPCs of the Database service: Query and Execute.

#ifndef SLUICE_SERVER_RPC_DATABASE_UNARY_H_
#define SLUICE_SERVER_RPC_DATABASE_UNARY_H_

#include "server/rpc/worker.h"

namespace sluice::rpc {

// Starts taking calls of both on the worker's queue, until the server shuts
// down. Before the queue's thread starts.
void ServeDatabaseUnary(Worker& worker);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_DATABASE_UNARY_H_

// The RPC GetCapabilities: what the caller may use, and within which limits.

#ifndef SLUICE_SERVER_RPC_DATABASE_CAPABILITIES_H_
#define SLUICE_SERVER_RPC_DATABASE_CAPABILITIES_H_

#include "server/rpc/worker.h"

namespace sluice::rpc {

// Starts taking its calls on the worker's queue, until the server shuts down.
// Before the queue's thread starts.
void ServeDatabaseCapabilities(Worker& worker);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_DATABASE_CAPABILITIES_H_

// The RPCs of the Tokens service.

#ifndef SLUICE_SERVER_RPC_TOKENS_H_
#define SLUICE_SERVER_RPC_TOKENS_H_

#include "server/rpc/worker.h"

namespace sluice::rpc {

// Starts taking calls of all of them on the worker's queue, until the server
// shuts down. Before the queue's thread starts.
void ServeTokens(Worker& worker);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_TOKENS_H_

// The unary RPC GetTransactionOutcome of the Database service.

#ifndef SLUICE_SERVER_RPC_TRANSACTION_OUTCOME_H_
#define SLUICE_SERVER_RPC_TRANSACTION_OUTCOME_H_

#include "server/rpc/worker.h"

namespace sluice::rpc {

// Starts taking its calls on the worker's queue, until the server shuts down.
// Before the queue's thread starts.
void ServeTransactionOutcome(Worker& worker);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_TRANSACTION_OUTCOME_H_

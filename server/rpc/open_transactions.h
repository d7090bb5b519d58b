// OpenTransactions: the interactive transactions of one worker, to be ended
// when the server stops.

#ifndef SLUICE_SERVER_RPC_OPEN_TRANSACTIONS_H_
#define SLUICE_SERVER_RPC_OPEN_TRANSACTIONS_H_

#include <set>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/base/wake_up.h"
#include "server/execution/interactive_transaction.h"

namespace sluice::rpc {

// UNAVAILABLE (SHUTTING_DOWN), nothing executed.
absl::Status ShuttingDownError();

// Threads: belongs to one event loop; the constructor may run on any.
class OpenTransactions {
 public:
  explicit OpenTransactions(EventLoop& loop) : loop_(loop) {}
  OpenTransactions(const OpenTransactions&) = delete;

  void Add(execution::InteractiveTransaction* transaction) {
    open_.insert(transaction);
  }
  void Remove(execution::InteractiveTransaction* transaction);

  // Waits until none is open, and stops those that still are after `grace`.
  Task<void> Drain(absl::Duration grace);

 private:
  EventLoop& loop_;
  std::set<execution::InteractiveTransaction*> open_;
  WakeUp drain_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_OPEN_TRANSACTIONS_H_

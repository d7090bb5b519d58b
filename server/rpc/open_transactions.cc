#include "server/rpc/open_transactions.h"

#include <vector>

#include "server/base/deadline.h"
#include "server/base/error.h"

namespace sluice::rpc {

absl::Status ShuttingDownError() {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_SHUTTING_DOWN, "the server is stopping",
                   {{"executed", "no"}});
}

void OpenTransactions::Remove(execution::InteractiveTransaction* transaction) {
  open_.erase(transaction);
  if (open_.empty()) drain_.Signal();
}

Task<void> OpenTransactions::Drain(absl::Duration grace) {
  bool has_time = true;
  Timer timer(loop_);
  timer.Start(Deadline::In(grace), [this, &has_time] {
    has_time = false;
    drain_.Signal();
  });
  while (!open_.empty() && has_time) {
    WakeUp::WaitAwaiter change = drain_.Wait();
    co_await change;
  }
  // One that is stopped may remove itself at once.
  const std::vector<execution::InteractiveTransaction*> open(open_.begin(),
                                                             open_.end());
  for (execution::InteractiveTransaction* transaction : open) {
    transaction->Stop(ShuttingDownError());
  }
}

}  // namespace sluice::rpc

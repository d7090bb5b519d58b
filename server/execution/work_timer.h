// WorkTimer: ends the work of a call at its deadline, and its statement at the
// limit of its app.

#ifndef SLUICE_SERVER_EXECUTION_WORK_TIMER_H_
#define SLUICE_SERVER_EXECUTION_WORK_TIMER_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/error.h"
#include "server/base/event_loop.h"
#include "server/execution/transaction_errors.h"

namespace sluice::execution {

// Threads: belongs to one event loop.
class WorkTimer {
 public:
  WorkTimer(EventLoop& loop, Deadline deadline, Cancellation& cancellation)
      : cancellation_(cancellation), deadline_(loop), statement_(loop) {
    deadline_.Start(deadline,
                    [this] { cancellation_.Request(CancelCause::kDeadline); });
  }
  WorkTimer(const WorkTimer&) = delete;

  // Counts the statement's time from now on, unless it is counted.
  void StartStatement(absl::Duration limit) {
    if (limit == absl::InfiniteDuration() || is_counting_) return;
    is_counting_ = true;
    limit_ = limit;
    statement_.Start(Deadline::In(limit), [this] {
      statement_timed_out_ = !cancellation_.Requested();
      cancellation_.Request(CancelCause::kDeadline);
    });
  }

  // What comes next has a limit of its own.
  void StopStatement() {
    statement_.Stop();
    is_counting_ = false;
  }

  // `status`, or STATEMENT_TIMEOUT where that is what ended the statement.
  absl::Status Tell(absl::Status status) const {
    return statement_timed_out_ &&
                   ReasonOf(status) == v1::ERROR_REASON_DEADLINE_EXCEEDED
               ? StatementTimeoutError(limit_)
               : std::move(status);
  }

 private:
  Cancellation& cancellation_;
  Timer deadline_;
  Timer statement_;
  bool is_counting_ = false;
  bool statement_timed_out_ = false;
  absl::Duration limit_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_WORK_TIMER_H_

// LoneStatement: runs a statement outside transactions of the gateway's: a
// read, or what PostgreSQL runs outside transactions alone.

#ifndef SLUICE_SERVER_EXECUTION_LONE_STATEMENT_H_
#define SLUICE_SERVER_EXECUTION_LONE_STATEMENT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/task.h"
#include "server/execution/admission.h"
#include "server/execution/execution_context.h"
#include "server/execution/placement.h"
#include "server/execution/work.h"
#include "server/execution/work_timer.h"
#include "server/postgres/statement.h"

namespace sluice::execution {

// Lifetime: everything referred to outlives the run.
class LoneStatement {
 public:
  LoneStatement(const ExecutionContext& context, const Work& work,
                const Admission& admission, WorkTimer& timer)
      : context_(context), work_(work), admission_(admission), timer_(timer) {}
  LoneStatement(const LoneStatement&) = delete;

  // Places it and runs it, again where that is right, and fills the summary.
  // Called once.
  // Errors: docs/errors.md.
  Task<absl::Status> Run();

 private:
  bool is_read() const {
    return admission_.access == postgres::Access::kReadOnly;
  }
  postgres::StatementRequest MakeRequest() const;
  Task<absl::StatusOr<Placement>> Place();
  // The first answer of an attempt.
  void NoteAnswer(Placement& place);
  void NoteEnd(Placement& place, const postgres::StatementResult& result);
  // Whether the node has refused a write as a standby does.
  bool IsDemoted(const Placement& place,
                 const postgres::StatementResult& result) const;
  // Whether another attempt is right: nothing was executed, or it only reads.
  bool MayRetry(const Placement& place,
                const postgres::StatementResult& result) const;
  void Summarize(const Placement& place, postgres::StatementResult& result);
  // What the caller is told.
  absl::Status Told(const postgres::StatementResult& result) const;

  const ExecutionContext& context_;
  const Work& work_;
  const Admission& admission_;
  WorkTimer& timer_;
  int attempts_ = 0;
  EarlierTries tries_;
  absl::Duration queue_time_;
  // Of the attempt.
  SteadyTime started_at_;
  bool has_answered_ = false;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_LONE_STATEMENT_H_

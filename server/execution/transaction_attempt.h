// TransactionAttempt: runs all statements of a transaction once, on one
// connection, and commits.

#ifndef SLUICE_SERVER_EXECUTION_TRANSACTION_ATTEMPT_H_
#define SLUICE_SERVER_EXECUTION_TRANSACTION_ATTEMPT_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/execution/execution_context.h"
#include "server/execution/own_query.h"
#include "server/execution/transaction_step.h"
#include "server/postgres/batch.h"
#include "server/postgres/connection.h"
#include "server/postgres/pool.h"
#include "server/postgres/statement_preparation.h"
#include "server/postgres/transaction.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// A transaction, ready to run.
struct TransactionProgram {
  // The command that opens it.
  std::string begin_sql;
  // Commands that set it up, run with `begin_sql` ahead of all else; empty:
  // none, and a round trip less.
  std::string settings_sql;
  // Whether its id is asked for before the commit.
  enum class Identity { kNone, kWanted } identity = Identity::kWanted;
  // Whether steps travel together where they can. Else each comes when the one
  // before it is done, and is parsed then: what that did to the session counts.
  enum class Pace { kPipelined, kStepByStep } pace = Pace::kPipelined;
  // Runs first.
  std::optional<OwnQuery> claim;
  std::vector<TransactionStep> steps;
  // Judges when the steps have ended well; an error rolls back. Null: nothing.
  std::function<absl::Status(const postgres::TransactionId&)> verdict;
  // Gives what runs last, before the commit, when the id is known; null:
  // nothing.
  std::function<OwnQuery(const postgres::TransactionId&)> conclusion;
};

// How an attempt ended.
struct AttemptResult {
  // OK: committed.
  absl::Status status;
  // Which step failed; npos: it was none of them.
  static constexpr size_t kNoStep = static_cast<size_t>(-1);
  size_t failed_step = kNoStep;
  // Whether it was the claim that PostgreSQL refused.
  bool claim_refused = false;
  bool connection_lost = false;
  // Whether it would get further if it were run again at once.
  bool plan_changed = false;
  // Whether the commit was sent and it is not known how that ended.
  bool outcome_open = false;
  postgres::TransactionId id;
  // As in CommitResult.
  uint64_t lsn = 0;
  std::vector<v1::Notice> notices;
};

// Statements go out together up to the first that needs an earlier one's
// result, or its effect to be parsed.
// Lifetime: for one run; everything given outlives it.
class TransactionAttempt {
 public:
  TransactionAttempt(ExecutionContext& context, const Placement& place,
                     TransactionProgram& program, Cancellation& cancellation)
      : context_(context),
        place_(place),
        pool_(place.pool()),
        connection_(place.connection()),
        position_(place.wants_token()
                      ? postgres::CommitOptions::Position::kWanted
                      : postgres::CommitOptions::Position::kNone),
        program_(program),
        cancellation_(cancellation) {}
  TransactionAttempt(const TransactionAttempt&) = delete;

  // Ends with the transaction committed, or open and to be rolled back, or the
  // connection lost.
  Task<AttemptResult> Run();

 private:
  // What a run of a batch is of.
  enum class Part { kBegin, kClaim, kStep, kIdentity, kConclusion };
  struct BatchRun {
    BatchRun(Part part, size_t step, size_t key)
        : part(part), step(step), key(key) {}
    Part part;
    size_t step;
    // Of keys_.
    size_t key;
  };

  Task<absl::Status> OpenFirst();
  Task<absl::Status> RunAll();
  Task<absl::Status> RunSegment(size_t& next);
  // Fills `batch`, which a cancellation interrupts.
  Task<absl::Status> Fill(postgres::Batch& batch, size_t& next);
  Task<absl::Status> Interruptibly(Task<absl::Status> preparing);
  Task<absl::Status> AddOpening(postgres::Batch& batch);
  Task<absl::Status> AddSteps(postgres::Batch& batch, size_t& next);
  Task<absl::Status> AddStep(postgres::Batch& batch, size_t index);
  Task<absl::Status> AddOwn(postgres::Batch& batch, Part part,
                            const OwnQuery& query, postgres::RowSink* sink);
  Task<absl::Status> Send(postgres::Batch& batch);
  Task<absl::Status> Conclude();
  Task<absl::Status> Commit();

  bool StartsSegment(const postgres::Batch& batch, size_t first, size_t index);
  absl::Status CheckSteps(size_t count);
  absl::Status FirstFault(absl::Status status);
  void Record(const postgres::BatchResult& result);
  void ForgetPlan(const std::string& key);
  postgres::StatementRequest MakeRequest(
      absl::string_view sql, const StepParameters::Values& parameters) const;

  ExecutionContext& context_;
  const Placement& place_;
  postgres::Pool& pool_;
  postgres::Connection& connection_;
  const postgres::CommitOptions::Position position_;
  TransactionProgram& program_;
  Cancellation& cancellation_;
  bool begin_pending_ = true;
  bool claim_pending_ = true;
  // Whether the step added last has to be the last of its batch.
  bool ends_segment_ = false;
  size_t begun_steps_ = 0;
  size_t parameter_bytes_ = 0;
  // Of the batch being filled; the prepared statements of its runs.
  std::vector<BatchRun> runs_;
  std::vector<std::string> keys_;
  postgres::TransactionIdSink id_sink_;
  AttemptResult result_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_TRANSACTION_ATTEMPT_H_

// What a transaction gave that ran in one call.

#ifndef SLUICE_CLIENT_TRANSACTION_RESULT_H_
#define SLUICE_CLIENT_TRANSACTION_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sluice/client/commit_receipt.h"
#include "sluice/client/rows.h"
#include "sluice/client/step.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

// What a step gave.
struct StepResult {
  // The rows of all its runs. Its summary has the command tag, of the last run,
  // and all rows that were returned or touched.
  Rows rows;
  // Rows returned by a read, touched by a write: one entry for each run.
  std::vector<int64_t> row_counts;
};

// The results of a transaction that was committed, by its steps.
class TransactionResult {
 public:
  // Of a plan of so many steps.
  // Errors: INTERNAL where the response is malformed.
  static absl::StatusOr<TransactionResult> Make(
      v1::RunTransactionResponse response, size_t step_count);

  size_t size() const { return steps_.size(); }
  // Of a step of the plan that ran.
  const StepResult& operator[](StepId step) const {
    return steps_[step.index()];
  }
  // `index` is less than size().
  const StepResult& operator[](size_t index) const { return steps_[index]; }

  // Of the whole: attempts, times, notices, `replayed`.
  const v1::ExecutionSummary& summary() const { return summary_; }
  CommitReceipt receipt() const;

 private:
  TransactionResult(std::vector<StepResult> steps, v1::ExecutionSummary summary)
      : steps_(std::move(steps)), summary_(std::move(summary)) {}

  std::vector<StepResult> steps_;
  v1::ExecutionSummary summary_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TRANSACTION_RESULT_H_

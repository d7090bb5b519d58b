#include "sluice/client/transaction_result.h"

#include <numeric>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice::client {

absl::StatusOr<TransactionResult> TransactionResult::Make(
    v1::RunTransactionResponse response, size_t step_count) {
  if (std::cmp_not_equal(response.results_size(), step_count)) {
    return absl::InternalError(
        absl::StrCat("malformed result: ", response.results_size(),
                     " results of ", step_count, " steps"));
  }
  std::vector<StepResult> steps;
  steps.reserve(response.results_size());
  for (v1::StepResult& result : *response.mutable_results()) {
    std::vector<int64_t> row_counts(result.rows_affected().begin(),
                                    result.rows_affected().end());
    v1::ExecutionSummary summary;
    summary.set_command_tag(result.command_tag());
    summary.set_rows_affected(
        std::accumulate(row_counts.begin(), row_counts.end(), int64_t{0}));
    absl::StatusOr<Rows> rows =
        Rows::Make(std::move(*result.mutable_result_set()), std::move(summary));
    if (!rows.ok()) return rows.status();
    steps.push_back({*std::move(rows), std::move(row_counts)});
  }
  return TransactionResult(std::move(steps),
                           std::move(*response.mutable_summary()));
}

CommitReceipt TransactionResult::receipt() const {
  return {.outcome_reference = summary_.outcome_reference(),
          .consistency_token = summary_.consistency_token(),
          .attempts = summary_.attempts()};
}

}  // namespace sluice::client

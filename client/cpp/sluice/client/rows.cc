#include "sluice/client/rows.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice::client {

absl::StatusOr<Rows> Rows::Make(v1::ResultSet result_set,
                                v1::ExecutionSummary summary) {
  auto column_set = std::make_shared<const ColumnSet>(
      std::move(*result_set.mutable_metadata()));
  absl::StatusOr<std::shared_ptr<const internal::Batch>> batch =
      internal::Batch::Make(std::move(column_set),
                            std::move(*result_set.mutable_columns()),
                            result_set.row_count());
  if (!batch.ok()) return batch.status();
  return Rows(*std::move(batch), std::move(summary));
}

absl::StatusOr<Row> Rows::only_row() const {
  if (size() != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("one row expected, the result has ", size()));
  }
  return (*this)[0];
}

}  // namespace sluice::client

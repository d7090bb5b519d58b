#include "sluice/client/internal/batch_assembler.h"

#include <utility>

namespace sluice::client::internal {

absl::StatusOr<std::shared_ptr<const Batch>> BatchAssembler::Add(
    v1::RowBatch message) {
  if (message.row_count() > 0) {
    LongValues long_values = std::exchange(long_values_, {});
    return Batch::Make(column_set_, std::move(*message.mutable_columns()),
                       message.row_count(), std::move(long_values));
  }
  if (message.has_fragment()) {
    absl::Status status = AddFragment(message.fragment());
    if (!status.ok()) return status;
  }
  return std::shared_ptr<const Batch>();
}

absl::Status BatchAssembler::AddFragment(const v1::ValueFragment& fragment) {
  if (fragment.column() >= column_set_->size()) {
    return absl::InternalError("malformed result: a fragment of no column");
  }
  long_values_[fragment.column()] += fragment.data();
  return absl::OkStatus();
}

}  // namespace sluice::client::internal

// Opens every column of a result.

#include "client/cli/result_view.h"

#include <utility>

namespace sluice::cli {

absl::StatusOr<ResultView> ResultView::Make(const v1::ResultSet& result_set) {
  ResultView view(result_set.row_count());
  absl::Status status =
      view.OpenColumns(result_set.metadata(), result_set.columns());
  if (!status.ok()) return status;
  return view;
}

absl::StatusOr<ResultView> ResultView::Make(const ColumnList& metadata,
                                            const v1::RowBatch& batch,
                                            const LongValues& long_values) {
  ResultView view(batch.row_count());
  absl::Status status = view.OpenColumns(metadata, batch.columns());
  if (status.ok()) status = view.OpenLongValues(metadata, long_values);
  if (!status.ok()) return status;
  return view;
}

absl::Status ResultView::OpenColumns(
    const ColumnList& metadata,
    const google::protobuf::RepeatedPtrField<v1::Column>& columns) {
  if (columns.size() != metadata.size()) {
    return absl::InternalError("malformed result: columns without metadata");
  }
  for (int i = 0; i < columns.size(); ++i) {
    absl::StatusOr<ColumnView> column =
        ColumnView::Make(metadata[i].type(), columns[i], row_count_);
    if (!column.ok()) return column.status();
    columns_.push_back(*std::move(column));
  }
  return absl::OkStatus();
}

absl::Status ResultView::OpenLongValues(const ColumnList& metadata,
                                        const LongValues& long_values) {
  for (const auto& [index, value] : long_values) {
    absl::StatusOr<ColumnView> column =
        ColumnView::Make(metadata[index].type(), value, /*row_count=*/1);
    if (!column.ok()) return column.status();
    long_values_.emplace(index, *std::move(column));
  }
  return absl::OkStatus();
}

}  // namespace sluice::cli

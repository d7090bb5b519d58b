#include "sluice/client/internal/batch.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::client::internal {
namespace {

absl::Status Malformed(absl::string_view what) {
  return absl::InternalError(absl::StrCat("malformed result: ", what));
}

// Where a value of the first row goes; null for the kinds whose long values
// travel as a column.
std::string* MutableFirstSlot(v1::Column& column) {
  switch (column.values_case()) {
    case v1::Column::kTexts:
      return column.mutable_texts()->mutable_values(0);
    case v1::Column::kNumerics:
      return column.mutable_numerics()->mutable_values(0);
    case v1::Column::kJsons:
      return column.mutable_jsons()->mutable_values(0);
    case v1::Column::kOthers:
      return column.mutable_others()->mutable_values(0);
    case v1::Column::kBlobs:
      return column.mutable_blobs()->mutable_values(0);
    default:
      return nullptr;
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Batch>> Batch::Make(
    std::shared_ptr<const ColumnSet> column_set, Columns columns,
    size_t row_count, LongValues long_values) {
  const std::shared_ptr<Batch> batch(
      new Batch(std::move(column_set), std::move(columns), row_count));
  absl::Status status = batch->Open(std::move(long_values));
  if (!status.ok()) return status;
  return std::shared_ptr<const Batch>(batch);
}

absl::Status Batch::Open(LongValues&& long_values) {
  if (static_cast<size_t>(columns_.size()) != column_set_->size()) {
    return Malformed(absl::StrCat(columns_.size(), " columns, described are ",
                                  column_set_->size()));
  }
  views_.reserve(columns_.size());
  for (size_t i = 0; i < column_set_->size(); ++i) {
    absl::StatusOr<ColumnView> view = ColumnView::Make(
        (*column_set_)[i].type(), columns_[static_cast<int>(i)], row_count_);
    if (!view.ok()) return view.status();
    views_.push_back(*std::move(view));
  }
  for (auto& [column, value] : long_values) {
    absl::Status status = PlaceLongValue(column, std::move(value));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Batch::PlaceLongValue(size_t column, std::string value) {
  if (views_[column].IsNull(0)) return Malformed("a fragment of a NULL");
  std::string* const slot =
      MutableFirstSlot(columns_[static_cast<int>(column)]);
  if (slot == nullptr) return PlaceLongColumn(column, value);
  *slot = std::move(value);
  return absl::OkStatus();
}

absl::Status Batch::PlaceLongColumn(size_t column, const std::string& value) {
  v1::Column& long_column = long_columns_.emplace_back();
  if (!long_column.ParseFromString(value) ||
      long_column.values_case() != views_[column].kind()) {
    return Malformed("the fragments of a value are no column of its kind");
  }
  absl::StatusOr<ColumnView> view =
      ColumnView::Make(views_[column].type(), long_column, 1);
  if (!view.ok()) return view.status();
  long_views_.emplace(column, *std::move(view));
  return absl::OkStatus();
}

Cell Batch::FirstRowCell(size_t column) const {
  const auto entry = long_views_.find(column);
  return {entry == long_views_.end() ? views_[column] : entry->second, 0};
}

}  // namespace sluice::client::internal

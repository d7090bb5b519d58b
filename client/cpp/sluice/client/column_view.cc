// Checks slots, offsets and lengths once, so that reading a row can rely on
// them.

#include "sluice/client/column_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice::client {
namespace {

absl::Status Malformed(absl::string_view what) {
  return absl::InternalError(absl::StrCat("malformed result: ", what));
}

// Of the kinds that have slots of their own.
int SlotCount(const v1::Column& column) {
  switch (column.values_case()) {
    case v1::Column::kBools:
      return column.bools().values_size();
    case v1::Column::kInt64S:
      return column.int64s().values_size();
    case v1::Column::kDoubles:
      return column.doubles().values_size();
    case v1::Column::kTexts:
      return column.texts().values_size();
    case v1::Column::kBlobs:
      return column.blobs().values_size();
    case v1::Column::kNumerics:
      return column.numerics().values_size();
    case v1::Column::kTimestamps:
      return column.timestamps().values_size();
    case v1::Column::kDates:
      return column.dates().values_size();
    case v1::Column::kTimes:
      return column.times().values_size();
    case v1::Column::kIntervals:
      return column.intervals().values_size();
    case v1::Column::kUuids:
      return column.uuids().values_size();
    case v1::Column::kJsons:
      return column.jsons().values_size();
    case v1::Column::kOthers:
      return column.others().values_size();
    default:
      return 0;
  }
}

}  // namespace

absl::StatusOr<ColumnView> ColumnView::Make(const v1::Type& type,
                                            const v1::Column& column,
                                            size_t row_count) {
  ColumnView view(type, row_count);
  absl::Status status = view.Open(column);
  if (!status.ok()) return status;
  return view;
}

absl::StatusOr<ColumnView> ColumnView::MakeRanges(const v1::Type& type,
                                                  const v1::RangeColumn& ranges,
                                                  size_t row_count) {
  ColumnView view(type, row_count);
  view.kind_ = v1::Column::kRanges;
  absl::Status status = view.OpenRanges(ranges);
  if (!status.ok()) return status;
  return view;
}

size_t ColumnView::DimensionCount(size_t row) const {
  if (dimension_starts_.empty()) {
    return ElementsBegin(row) < ElementsEnd(row) ? 1 : 0;
  }
  return dimension_starts_[row + 1] - dimension_starts_[row];
}

ArrayDimension ColumnView::Dimension(size_t row, size_t index) const {
  if (dimension_starts_.empty()) {
    return {.length =
                static_cast<int32_t>(ElementsEnd(row) - ElementsBegin(row))};
  }
  const int slot = static_cast<int>(dimension_starts_[row] + index);
  return {.length = column_->arrays().lengths(slot),
          .lower_bound = column_->arrays().lower_bounds(slot)};
}

absl::Status ColumnView::Open(const v1::Column& column) {
  column_ = &column;
  kind_ = column.values_case();
  if (!column.nulls().empty()) {
    if (column.nulls().size() < (row_count_ + 7) / 8) {
      return Malformed("the null bitmap is too short");
    }
    nulls_ = &column.nulls();
  }
  switch (kind_) {
    case v1::Column::kArrays:
      return OpenArrays();
    case v1::Column::kComposites:
      return OpenComposites();
    case v1::Column::kRanges:
      return OpenRanges(column.ranges());
    case v1::Column::kMultiranges:
      return OpenMultiranges();
    default:
      return OpenSlots();
  }
}

absl::Status ColumnView::OpenSlots() {
  const size_t slot_count = SlotCount(*column_);
  if (slot_count != row_count_) {
    return Malformed(
        absl::StrCat(slot_count, " values for ", row_count_, " rows"));
  }
  return absl::OkStatus();
}

absl::Status ColumnView::OpenOffsets(
    const google::protobuf::RepeatedField<uint32_t>& offsets) {
  const size_t offset_count = offsets.size();
  if (offset_count != row_count_ + 1 &&
      !(row_count_ == 0 && offset_count == 0)) {
    return Malformed("not one more offset than rows");
  }
  uint32_t last = 0;
  for (const uint32_t offset : offsets) {
    if (offset < last) return Malformed("offsets descend");
    last = offset;
  }
  offsets_ = &offsets;
  return absl::OkStatus();
}

absl::Status ColumnView::OpenArrays() {
  const v1::ArrayColumn& arrays = column_->arrays();
  absl::Status status = OpenOffsets(arrays.offsets());
  if (!status.ok()) return status;
  const size_t element_count =
      offsets_->empty() ? 0 : offsets_->Get(offsets_->size() - 1);
  status = AddChild(Make(type_->element(), arrays.elements(), element_count));
  if (!status.ok() || arrays.dimensions().empty()) return status;
  return OpenDimensions();
}

absl::Status ColumnView::OpenDimensions() {
  const v1::ArrayColumn& arrays = column_->arrays();
  if (static_cast<size_t>(arrays.dimensions_size()) != row_count_) {
    return Malformed("not one number of dimensions a row");
  }
  dimension_starts_.assign(1, 0);
  for (const uint32_t count : arrays.dimensions()) {
    dimension_starts_.push_back(dimension_starts_.back() + count);
  }
  if (dimension_starts_.back() != static_cast<size_t>(arrays.lengths_size()) ||
      arrays.lengths_size() != arrays.lower_bounds_size()) {
    return Malformed("not one length and lower bound a dimension");
  }
  for (size_t row = 0; row < row_count_; ++row) {
    absl::Status status = CheckShape(row);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ColumnView::CheckShape(size_t row) const {
  const uint64_t element_count = ElementsEnd(row) - ElementsBegin(row);
  uint64_t product = DimensionCount(row) == 0 ? 0 : 1;
  for (size_t i = 0; i < DimensionCount(row); ++i) {
    const int32_t length = Dimension(row, i).length;
    if (length <= 0) return Malformed("the length of an array's dimension");
    product *= static_cast<uint64_t>(length);
    if (product > element_count) break;
  }
  if (product != element_count) {
    return Malformed("an array's lengths do not multiply to its elements");
  }
  return absl::OkStatus();
}

absl::Status ColumnView::OpenComposites() {
  const v1::CompositeColumn& composites = column_->composites();
  if (composites.fields_size() != type_->fields_size()) {
    return Malformed("a composite has not the fields of its type");
  }
  for (int i = 0; i < composites.fields_size(); ++i) {
    absl::Status status = AddChild(
        Make(type_->fields(i).type(), composites.fields(i), row_count_));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ColumnView::OpenRanges(const v1::RangeColumn& ranges) {
  if (ranges.flags().size() != row_count_) {
    return Malformed("not one byte of flags a range");
  }
  ranges_ = &ranges;
  absl::Status status =
      AddChild(Make(type_->element(), ranges.lowers(), row_count_));
  if (!status.ok()) return status;
  return AddChild(Make(type_->element(), ranges.uppers(), row_count_));
}

absl::Status ColumnView::OpenMultiranges() {
  const v1::MultirangeColumn& multiranges = column_->multiranges();
  absl::Status status = OpenOffsets(multiranges.offsets());
  if (!status.ok()) return status;
  const size_t range_count =
      offsets_->empty() ? 0 : offsets_->Get(offsets_->size() - 1);
  return AddChild(
      MakeRanges(type_->element(), multiranges.ranges(), range_count));
}

absl::Status ColumnView::AddChild(absl::StatusOr<ColumnView> child) {
  if (!child.ok()) return child.status();
  children_.push_back(*std::move(child));
  return absl::OkStatus();
}

}  // namespace sluice::client

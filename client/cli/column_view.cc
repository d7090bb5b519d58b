// Checks a column's slots, offsets and lengths once, so that reading a row
// can rely on them.

#include "client/cli/column_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"

namespace sluice::cli {
namespace {

// The bits of RangeColumn.flags.
constexpr unsigned kEmptyFlag = 1;
constexpr unsigned kLowerInsideFlag = 2;
constexpr unsigned kUpperInsideFlag = 4;

absl::Status Malformed(absl::string_view what) {
  return absl::InternalError(absl::StrCat("malformed result: ", what));
}

// Checks the offsets of a flattened column, and gives the number of entries
// that they divide among the rows.
absl::StatusOr<size_t> CountEntries(
    const google::protobuf::RepeatedField<uint32_t>& offsets,
    size_t row_count) {
  const size_t offset_count = offsets.size();
  if (offset_count != row_count + 1 && !(row_count == 0 && offset_count == 0)) {
    return Malformed("not one more offset than rows");
  }
  size_t last = 0;
  for (uint32_t offset : offsets) {
    if (offset < last) return Malformed("the offsets of a column descend");
    last = offset;
  }
  return last;
}

// The number of slots; nothing for nested columns, which have none of their
// own.
absl::optional<size_t> SlotCount(const v1::Column& column) {
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
    case v1::Column::kArrays:
    case v1::Column::kComposites:
    case v1::Column::kRanges:
    case v1::Column::kMultiranges:
      return absl::nullopt;
    case v1::Column::VALUES_NOT_SET:
      return 0;
  }
  return 0;
}

}  // namespace

absl::StatusOr<ColumnView> ColumnView::Make(const v1::Type& type,
                                            const v1::Column& column,
                                            size_t row_count) {
  ColumnView view(type, column, row_count);
  absl::Status status = view.CheckSlots();
  if (status.ok() && column.has_arrays()) status = view.OpenArray();
  if (status.ok() && column.has_composites()) status = view.OpenComposite();
  if (status.ok() && column.has_ranges()) {
    status = view.OpenRanges(type, column.ranges(), row_count);
  }
  if (status.ok() && column.has_multiranges()) status = view.OpenMultiranges();
  if (!status.ok()) return status;
  return view;
}

bool ColumnView::IsNull(size_t row) const {
  const std::string& nulls = column_->nulls();
  return !nulls.empty() && (nulls[row / 8] >> (row % 8) & 1) != 0;
}

ArrayShape ColumnView::ShapeOf(size_t row) const {
  const v1::ArrayColumn& arrays = column_->arrays();
  const int index = static_cast<int>(row);
  ArrayShape shape;
  shape.begin = arrays.offsets(index);
  shape.end = arrays.offsets(index + 1);
  if (dimension_starts_.empty()) {
    if (shape.begin < shape.end) {
      shape.dimensions.push_back(
          {.length = static_cast<int32_t>(shape.end - shape.begin)});
    }
    return shape;
  }
  for (size_t i = dimension_starts_[row]; i < dimension_starts_[row + 1]; ++i) {
    const int slot = static_cast<int>(i);
    shape.dimensions.push_back({.length = arrays.lengths(slot),
                                .lower_bound = arrays.lower_bounds(slot)});
  }
  return shape;
}

Span ColumnView::RangesOf(size_t row) const {
  const auto& offsets = column_->multiranges().offsets();
  const int index = static_cast<int>(row);
  return {.begin = offsets.Get(index), .end = offsets.Get(index + 1)};
}

RangeFlags ColumnView::FlagsOf(size_t range) const {
  const v1::RangeColumn& ranges = column_->has_multiranges()
                                      ? column_->multiranges().ranges()
                                      : column_->ranges();
  const unsigned flags = static_cast<unsigned char>(ranges.flags()[range]);
  return {.is_empty = (flags & kEmptyFlag) != 0,
          .has_lower_inside = (flags & kLowerInsideFlag) != 0,
          .has_upper_inside = (flags & kUpperInsideFlag) != 0};
}

absl::Status ColumnView::CheckSlots() const {
  const absl::optional<size_t> slots = SlotCount(*column_);
  if (slots.has_value() && *slots != row_count_) {
    return Malformed(absl::StrCat(*slots, " values for ", row_count_, " rows"));
  }
  if (!column_->nulls().empty() &&
      column_->nulls().size() < (row_count_ + 7) / 8) {
    return Malformed("the null bitmap is too short");
  }
  return absl::OkStatus();
}

absl::Status ColumnView::OpenArray() {
  const v1::ArrayColumn& arrays = column_->arrays();
  const absl::StatusOr<size_t> element_count =
      CountEntries(arrays.offsets(), row_count_);
  if (!element_count.ok()) return element_count.status();
  absl::Status status =
      AddChild(type_->element(), arrays.elements(), *element_count);
  if (!status.ok() || arrays.dimensions().empty()) return status;
  return OpenDimensions();
}

absl::Status ColumnView::OpenDimensions() {
  const v1::ArrayColumn& arrays = column_->arrays();
  if (static_cast<size_t>(arrays.dimensions_size()) != row_count_) {
    return Malformed("not one number of dimensions a row");
  }
  dimension_starts_.assign(1, 0);
  for (uint32_t count : arrays.dimensions()) {
    dimension_starts_.push_back(dimension_starts_.back() + count);
  }
  if (dimension_starts_.back() != static_cast<size_t>(arrays.lengths_size()) ||
      arrays.lengths_size() != arrays.lower_bounds_size()) {
    return Malformed("not one length and lower bound a dimension");
  }
  for (size_t row = 0; row < row_count_; ++row) {
    const ArrayShape shape = ShapeOf(row);
    uint64_t elements = shape.dimensions.empty() ? 0 : 1;
    for (const ArrayShape::Dimension& dimension : shape.dimensions) {
      if (dimension.length <= 0) return Malformed("an array's length");
      elements *= static_cast<uint64_t>(dimension.length);
      if (elements > shape.end - shape.begin) break;
    }
    if (elements != shape.end - shape.begin) {
      return Malformed("an array's lengths do not multiply to its elements");
    }
  }
  return absl::OkStatus();
}

absl::Status ColumnView::OpenComposite() {
  const v1::CompositeColumn& composites = column_->composites();
  if (composites.fields_size() != type_->fields_size()) {
    return Malformed("a composite has not the fields of its type");
  }
  for (int i = 0; i < composites.fields_size(); ++i) {
    absl::Status status =
        AddChild(type_->fields(i).type(), composites.fields(i), row_count_);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ColumnView::OpenRanges(const v1::Type& range_type,
                                    const v1::RangeColumn& ranges,
                                    size_t range_count) {
  if (ranges.flags().size() != range_count) {
    return Malformed("not one byte of flags a range");
  }
  const v1::Type& bound_type = range_type.element();
  absl::Status status = AddChild(bound_type, ranges.lowers(), range_count);
  status.Update(AddChild(bound_type, ranges.uppers(), range_count));
  return status;
}

absl::Status ColumnView::OpenMultiranges() {
  const v1::MultirangeColumn& multiranges = column_->multiranges();
  const absl::StatusOr<size_t> range_count =
      CountEntries(multiranges.offsets(), row_count_);
  if (!range_count.ok()) return range_count.status();
  return OpenRanges(type_->element(), multiranges.ranges(), *range_count);
}

absl::Status ColumnView::AddChild(const v1::Type& type,
                                  const v1::Column& column, size_t row_count) {
  absl::StatusOr<ColumnView> child = Make(type, column, row_count);
  if (!child.ok()) return child.status();
  children_.push_back(*std::move(child));
  return absl::OkStatus();
}

}  // namespace sluice::cli

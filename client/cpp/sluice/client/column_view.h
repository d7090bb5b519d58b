// One column of a result, checked, with access by row.

#ifndef SLUICE_CLIENT_COLUMN_VIEW_H_
#define SLUICE_CLIENT_COLUMN_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/client/containers.h"
#include "sluice/v1/types.pb.h"

namespace sluice::client {

// The values of a column, and of the columns that are nested in it. What Make
// has checked, reading relies on.
//
// Lifetime: the messages that it is made from outlive it.
// Threads: any; nothing in it changes.
class ColumnView {
 public:
  // Errors: INTERNAL where the column has not a slot for every row, its null
  // bitmap is too short, or its offsets and lengths contradict each other.
  static absl::StatusOr<ColumnView> Make(const v1::Type& type,
                                         const v1::Column& column,
                                         size_t row_count);

  const v1::Type& type() const { return *type_; }
  size_t row_count() const { return row_count_; }
  // Which member of `v1::Column` has the values; VALUES_NOT_SET only where
  // there are no rows.
  v1::Column::ValuesCase kind() const { return kind_; }
  // The slots. Not of the ranges that a multirange is made of, which stand in
  // no column.
  const v1::Column& slots() const { return *column_; }

  // Whether row `row` is NULL. Its slot then means nothing.
  bool IsNull(size_t row) const {
    return nulls_ != nullptr && ((*nulls_)[row / 8] >> (row % 8) & 1) != 0;
  }

  // The columns that this one is made of. Of an array: its elements; of a
  // multirange: its ranges; of a range: the lower and the upper bounds; of a
  // composite: a column for each field.
  const std::vector<ColumnView>& children() const { return children_; }

  // Of an array or multirange: the first of the row's elements, and the one
  // behind its last.
  size_t ElementsBegin(size_t row) const {
    return offsets_->Get(static_cast<int>(row));
  }
  size_t ElementsEnd(size_t row) const {
    return offsets_->Get(static_cast<int>(row) + 1);
  }
  // Of an array.
  size_t DimensionCount(size_t row) const;
  ArrayDimension Dimension(size_t row, size_t index) const;

  // Of a range: bits as `v1::RangeColumn.flags` has them.
  uint8_t RangeFlags(size_t row) const {
    return static_cast<uint8_t>(ranges_->flags()[row]);
  }

 private:
  ColumnView(const v1::Type& type, size_t row_count)
      : type_(&type), row_count_(row_count) {}

  static absl::StatusOr<ColumnView> MakeRanges(const v1::Type& type,
                                               const v1::RangeColumn& ranges,
                                               size_t row_count);

  absl::Status Open(const v1::Column& column);
  absl::Status OpenSlots();
  absl::Status OpenOffsets(
      const google::protobuf::RepeatedField<uint32_t>& offsets);
  absl::Status OpenArrays();
  absl::Status OpenDimensions();
  absl::Status OpenComposites();
  absl::Status OpenRanges(const v1::RangeColumn& ranges);
  absl::Status OpenMultiranges();
  absl::Status CheckShape(size_t row) const;
  absl::Status AddChild(absl::StatusOr<ColumnView> child);

  const v1::Type* type_;
  size_t row_count_;
  v1::Column::ValuesCase kind_ = v1::Column::VALUES_NOT_SET;
  const v1::Column* column_ = nullptr;
  // Null where no row is NULL.
  const std::string* nulls_ = nullptr;
  const google::protobuf::RepeatedField<uint32_t>* offsets_ = nullptr;
  const v1::RangeColumn* ranges_ = nullptr;
  std::vector<ColumnView> children_;
  // Where the dimensions of each row start in the column's lengths. Empty
  // where the column says nothing of dimensions.
  std::vector<size_t> dimension_starts_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_COLUMN_VIEW_H_

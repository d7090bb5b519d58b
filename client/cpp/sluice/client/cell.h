// One value of a result, whatever its type.

#ifndef SLUICE_CLIENT_CELL_H_
#define SLUICE_CLIENT_CELL_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sluice/client/column_view.h"
#include "sluice/client/containers.h"

namespace sluice::client {

class Cell;
class ArrayCell;
class CompositeCell;
struct RangeCell;

// A slot of a column. Row::get makes C++ values of it; by itself it serves who
// must take whatever comes, and `ValueTraits` of types of one's own.
//
// The As... functions fail with FAILED_PRECONDITION where it is NULL, and with
// INVALID_ARGUMENT where the column is of another kind.
//
// Lifetime: as the batch of rows that it is of, and so do the texts.
class Cell {
 public:
  Cell(const ColumnView& column, size_t row) : column_(&column), row_(row) {}

  const ColumnView& column() const { return *column_; }
  size_t row() const { return row_; }
  const v1::Type& type() const { return column_->type(); }
  v1::Column::ValuesCase kind() const { return column_->kind(); }
  bool is_null() const { return column_->IsNull(row_); }

  absl::StatusOr<bool> AsBool() const;
  absl::StatusOr<int64_t> AsInt64() const;
  absl::StatusOr<double> AsDouble() const;
  // Of every kind that is text on its way: texts, numerics, JSON, and the
  // types without a member of their own.
  absl::StatusOr<absl::string_view> AsText() const;
  // Numerics alone, JSON alone.
  absl::StatusOr<absl::string_view> AsNumericText() const;
  absl::StatusOr<absl::string_view> AsJsonText() const;
  absl::StatusOr<absl::string_view> AsBytes() const;
  // Microseconds since 1970-01-01; int64's ends are the infinities.
  absl::StatusOr<int64_t> AsTimestampMicroseconds() const;
  // Days since 1970-01-01; int32's ends are the infinities.
  absl::StatusOr<int32_t> AsDateDays() const;
  // Microseconds since midnight.
  absl::StatusOr<int64_t> AsTimeMicroseconds() const;
  absl::StatusOr<v1::Interval> AsInterval() const;
  // 16 bytes. Errors: also INTERNAL where they are not 16.
  absl::StatusOr<absl::string_view> AsUuidOctets() const;
  // An array, or a multirange as the sequence of its ranges.
  absl::StatusOr<ArrayCell> AsArray() const;
  absl::StatusOr<CompositeCell> AsComposite() const;
  absl::StatusOr<RangeCell> AsRange() const;

 private:
  absl::Status Expect(v1::Column::ValuesCase kind,
                      absl::string_view wanted) const;
  absl::Status NullError() const;
  absl::Status KindError(absl::string_view wanted) const;
  int slot() const { return static_cast<int>(row_); }

  const ColumnView* column_;
  size_t row_;
};

// An array that is not NULL.
class ArrayCell {
 public:
  explicit ArrayCell(const Cell& cell)
      : column_(&cell.column()), row_(cell.row()) {}

  size_t size() const {
    return column_->ElementsEnd(row_) - column_->ElementsBegin(row_);
  }
  // In row-major order, from 0.
  Cell element(size_t index) const {
    return {column_->children()[0], column_->ElementsBegin(row_) + index};
  }
  // An empty array has no dimension.
  size_t dimension_count() const { return column_->DimensionCount(row_); }
  ArrayDimension dimension(size_t index) const {
    return column_->Dimension(row_, index);
  }

 private:
  const ColumnView* column_;
  size_t row_;
};

// A composite that is not NULL.
class CompositeCell {
 public:
  explicit CompositeCell(const Cell& cell)
      : column_(&cell.column()), row_(cell.row()) {}

  size_t size() const { return column_->children().size(); }
  // In the order of the type's attributes, from 0; `Type.fields` has the names.
  Cell field(size_t index) const { return {column_->children()[index], row_}; }

 private:
  const ColumnView* column_;
  size_t row_;
};

// A range that is not NULL. A bound that is NULL is none.
struct RangeCell {
  bool empty;
  bool lower_inclusive;
  bool upper_inclusive;
  Cell lower;
  Cell upper;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_CELL_H_

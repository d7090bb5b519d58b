// One column of a result, checked, with access by row.

#ifndef SLUICE_CLIENT_CLI_COLUMN_VIEW_H_
#define SLUICE_CLIENT_CLI_COLUMN_VIEW_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/array_shape.h"
#include "sluice/v1/types.pb.h"

namespace sluice::cli {

// Some consecutive entries of a flattened column.
struct Span {
  // Index of the first, and one past the last.
  size_t begin = 0;
  size_t end = 0;
};

// What a range says of its bounds.
struct RangeFlags {
  bool is_empty = false;
  bool has_lower_inside = false;
  bool has_upper_inside = false;
};

// The values of one column of `row_count()` rows; for an array also the
// column of all its elements, for a composite the columns of its fields, for
// ranges and multiranges the columns of their bounds.
//
// Lifetime: `type` and `column` outlive it.
class ColumnView {
 public:
  // Errors: INTERNAL where the column has not a slot for every row, or its
  // offsets and lengths contradict each other.
  static absl::StatusOr<ColumnView> Make(const v1::Type& type,
                                         const v1::Column& column,
                                         size_t row_count);

  const v1::Type& type() const { return *type_; }
  const v1::Column& values() const { return *column_; }
  size_t row_count() const { return row_count_; }

  // Whether row `row` is NULL. Its slot then means nothing.
  bool IsNull(size_t row) const;

  // Of an array column: the shape of the array in `row`, and its elements.
  ArrayShape ShapeOf(size_t row) const;
  const ColumnView& elements() const { return children_.front(); }

  // Of a composite column: a column per field.
  const std::vector<ColumnView>& fields() const { return children_; }

  // Of a multirange column: the ranges of the multirange in `row`.
  Span RangesOf(size_t row) const;

  // Of a range or multirange column: the bounds of all ranges, and their
  // flags. The ranges of a range column are numbered by row.
  const ColumnView& lowers() const { return children_.front(); }
  const ColumnView& uppers() const { return children_.back(); }
  RangeFlags FlagsOf(size_t range) const;

 private:
  ColumnView(const v1::Type& type, const v1::Column& column, size_t row_count)
      : type_(&type), column_(&column), row_count_(row_count) {}

  absl::Status CheckSlots() const;
  absl::Status OpenArray();
  absl::Status OpenDimensions();
  absl::Status OpenComposite();
  absl::Status OpenRanges(const v1::Type& range_type,
                          const v1::RangeColumn& ranges, size_t range_count);
  absl::Status OpenMultiranges();
  absl::Status AddChild(const v1::Type& type, const v1::Column& column,
                        size_t row_count);

  const v1::Type* type_;
  const v1::Column* column_;
  size_t row_count_;
  std::vector<ColumnView> children_;
  // Where the dimensions of each row start in the column's lengths. Empty
  // where the column says nothing of dimensions.
  std::vector<size_t> dimension_starts_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_COLUMN_VIEW_H_

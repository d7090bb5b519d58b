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

// The values of one column of `row_count()` rows; for an array also the
// column of all its elements, for a composite the columns of its fields.
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

 private:
  ColumnView(const v1::Type& type, const v1::Column& column, size_t row_count)
      : type_(&type), column_(&column), row_count_(row_count) {}

  absl::Status CheckSlots() const;
  absl::Status OpenArray();
  absl::Status OpenDimensions();
  absl::Status OpenComposite();
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

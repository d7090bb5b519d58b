// Rows that came together.

#ifndef SLUICE_CLIENT_INTERNAL_BATCH_H_
#define SLUICE_CLIENT_INTERNAL_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/client/cell.h"
#include "sluice/client/column_set.h"
#include "sluice/client/column_view.h"
#include "sluice/v1/types.pb.h"

namespace sluice::client::internal {

using Columns = google::protobuf::RepeatedPtrField<v1::Column>;

// Joined fragments by the index of their column, which there is: values of row
// 0.
using LongValues = std::map<size_t, std::string>;

// Owns its columns, all checked.
//
// Threads: any; nothing in it changes.
class Batch {
 public:
  // `long_values` need a row.
  // Errors: INTERNAL where columns, rows and metadata contradict each other.
  static absl::StatusOr<std::shared_ptr<const Batch>> Make(
      std::shared_ptr<const ColumnSet> column_set, Columns columns,
      size_t row_count, LongValues long_values = {});
  Batch(const Batch&) = delete;

  const ColumnSet& column_set() const { return *column_set_; }
  size_t row_count() const { return row_count_; }

  // Both are in range.
  Cell cell(size_t row, size_t column) const {
    if (row == 0 && !long_views_.empty()) return FirstRowCell(column);
    return {views_[column], row};
  }

 private:
  Batch(std::shared_ptr<const ColumnSet> column_set, Columns columns,
        size_t row_count)
      : column_set_(std::move(column_set)),
        columns_(std::move(columns)),
        row_count_(row_count) {}

  absl::Status Open(LongValues&& long_values);
  absl::Status PlaceLongValue(size_t column, std::string value);
  absl::Status PlaceLongColumn(size_t column, const std::string& value);
  Cell FirstRowCell(size_t column) const;

  const std::shared_ptr<const ColumnSet> column_set_;
  Columns columns_;
  const size_t row_count_;
  std::vector<ColumnView> views_;
  // Long values that do not fit into a slot of their column, each a column of
  // its own with one slot, by the index of the column.
  std::deque<v1::Column> long_columns_;
  std::map<size_t, ColumnView> long_views_;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_BATCH_H_

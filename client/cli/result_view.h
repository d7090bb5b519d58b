// Rows of a result, checked.

#ifndef SLUICE_CLIENT_CLI_RESULT_VIEW_H_
#define SLUICE_CLIENT_CLI_RESULT_VIEW_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/cell_text.h"
#include "client/cli/column_view.h"
#include "sluice/v1/types.pb.h"

namespace sluice::cli {

using ColumnList = google::protobuf::RepeatedPtrField<v1::ColumnMetadata>;

// Long values of the first row, by column: each a column with that value in
// its only slot.
using LongValues = std::map<int, v1::Column>;

// One value of a result.
struct Cell {
  const ColumnView& column;
  size_t row;

  bool IsNull() const { return column.IsNull(row); }
  // As AppendCellText; a NULL gives the empty text.
  std::string text() const { return CellText(column, row); }
};

// The rows of a result, or of a batch of a streamed one.
//
// Lifetime: the messages that it is made of outlive it.
class ResultView {
 public:
  // Errors: INTERNAL where the message contradicts itself.
  static absl::StatusOr<ResultView> Make(const v1::ResultSet& result_set);

  // `long_values` stand in for the slots of row 0.
  // Errors: INTERNAL where the messages contradict each other.
  static absl::StatusOr<ResultView> Make(const ColumnList& metadata,
                                         const v1::RowBatch& batch,
                                         const LongValues& long_values);

  size_t row_count() const { return row_count_; }
  size_t column_count() const { return columns_.size(); }

  Cell cell(size_t row, size_t column) const {
    if (row == 0 && !long_values_.empty()) {
      const auto found = long_values_.find(column);
      if (found != long_values_.end()) return {found->second, 0};
    }
    return {columns_[column], row};
  }

 private:
  explicit ResultView(size_t row_count) : row_count_(row_count) {}

  absl::Status OpenColumns(
      const ColumnList& metadata,
      const google::protobuf::RepeatedPtrField<v1::Column>& columns);
  absl::Status OpenLongValues(const ColumnList& metadata,
                              const LongValues& long_values);

  size_t row_count_;
  std::vector<ColumnView> columns_;
  std::map<size_t, ColumnView> long_values_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_RESULT_VIEW_H_

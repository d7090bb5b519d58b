// Opens every column of a result.

#include "client/cli/result_view.h"

#include <utility>

namespace sluice::cli {

absl::StatusOr<ResultView> ResultView::Make(const v1::ResultSet& result_set) {
  if (result_set.columns_size() != result_set.metadata_size()) {
    return absl::InternalError("malformed result: columns without metadata");
  }
  ResultView view(result_set);
  for (int i = 0; i < result_set.columns_size(); ++i) {
    absl::StatusOr<ColumnView> column =
        ColumnView::Make(result_set.metadata(i).type(), result_set.columns(i),
                         result_set.row_count());
    if (!column.ok()) return column.status();
    view.columns_.push_back(*std::move(column));
  }
  return view;
}

}  // namespace sluice::cli

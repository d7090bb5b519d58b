// A whole result, checked.

#ifndef SLUICE_CLIENT_CLI_RESULT_VIEW_H_
#define SLUICE_CLIENT_CLI_RESULT_VIEW_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/column_view.h"
#include "sluice/v1/types.pb.h"

namespace sluice::cli {

// The named columns of a result.
//
// Lifetime: the `result_set` outlives it.
class ResultView {
 public:
  // Errors: INTERNAL where the message contradicts itself.
  static absl::StatusOr<ResultView> Make(const v1::ResultSet& result_set);

  size_t row_count() const { return result_set_->row_count(); }
  const std::vector<ColumnView>& columns() const { return columns_; }
  const std::string& name(size_t column) const {
    return result_set_->metadata(static_cast<int>(column)).name();
  }

  // Whether the statement returns rows by its nature, if only none or of no
  // columns.
  bool ReturnsRows() const { return !columns_.empty() || row_count() > 0; }

 private:
  explicit ResultView(const v1::ResultSet& result_set)
      : result_set_(&result_set) {}

  const v1::ResultSet* result_set_;
  std::vector<ColumnView> columns_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_RESULT_VIEW_H_

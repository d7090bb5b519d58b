#include "client/cli/shell/row_collector.h"

namespace sluice::cli {

void RowCollector::WriteRows(const ResultView& rows) {
  for (size_t row = 0; row < rows.row_count(); ++row) {
    std::vector<std::string>& texts = rows_.emplace_back();
    for (size_t i = 0; i < rows.column_count(); ++i) {
      texts.push_back(rows.cell(row, i).text());
    }
  }
}

}  // namespace sluice::cli

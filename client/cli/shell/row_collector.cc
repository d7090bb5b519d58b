#include "client/cli/shell/row_collector.h"

#include "client/cli/cell_text.h"

namespace sluice::cli {

void RowCollector::WriteRows(absl::Span<const client::Row> rows) {
  for (const client::Row& row : rows) {
    std::vector<std::string>& texts = rows_.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      texts.push_back(CellText(*row.cell(i)));
    }
  }
}

}  // namespace sluice::cli

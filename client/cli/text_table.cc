#include "client/cli/text_table.h"

#include "client/cli/format_table.h"
#include "client/cli/output.h"
#include "sluice/client/rows.h"

namespace sluice::cli {

TextTable::TextTable(const std::vector<std::string>& header) {
  for (const std::string& name : header) {
    rows_.add_metadata()->set_name(name);
    rows_.add_columns()->mutable_texts();
  }
}

void TextTable::AddRow(const std::vector<std::string>& cells) {
  for (int i = 0; i < rows_.columns_size(); ++i) {
    rows_.mutable_columns(i)->mutable_texts()->add_values(
        cells[static_cast<size_t>(i)]);
  }
  rows_.set_row_count(rows_.row_count() + 1);
}

std::string TextTable::Format() const {
  const auto rows = client::Rows::Make(rows_, v1::ExecutionSummary());
  if (!rows.ok()) return "";
  TextOutput output;
  TableWriter writer({}, output);
  WriteResult(*rows, writer);
  return output.text();
}

}  // namespace sluice::cli

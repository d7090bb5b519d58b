// Each record is laid out by itself: the names alone need a common width.

#include "client/cli/format_expanded.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "client/cli/command_tag.h"

namespace sluice::cli {

void ExpandedWriter::Begin(const client::ColumnSet& columns) {
  if (!display_.title.empty()) output_.Write(display_.title + "\n");
  for (const v1::ColumnMetadata& column : columns) {
    names_.push_back(MakeDisplayLines(column.name()));
    for (const DisplayLine& line : names_.back()) {
      name_width_ = std::max(name_width_, line.width);
    }
  }
}

void ExpandedWriter::WriteRows(absl::Span<const client::Row> rows) {
  std::string out;
  for (const client::Row& row : rows) AppendRecord(row, out);
  output_.Write(out);
}

void ExpandedWriter::AppendRecord(const client::Row& row, std::string& out) {
  std::vector<Lines> values;
  size_t value_width = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    const client::Cell cell = *row.cell(i);
    values.push_back(
        MakeDisplayLines(cell.is_null() ? display_.null_text : CellText(cell)));
    for (const DisplayLine& line : values.back()) {
      value_width = std::max(value_width, line.width);
    }
  }
  const std::string label = absl::StrCat("-[ RECORD ", ++row_count_, " ]");
  std::string rule(name_width_ + value_width + 3, '-');
  if (rule.size() > name_width_ + 1) rule[name_width_ + 1] = '+';
  rule.replace(0, std::min(label.size(), rule.size()), label);
  absl::StrAppend(&out, rule, "\n");
  for (size_t i = 0; i < values.size(); ++i) {
    AppendColumn(names_[i], values[i], out);
  }
}

void ExpandedWriter::AppendColumn(const Lines& name, const Lines& value,
                                  std::string& out) {
  static const DisplayLine kBlank;
  for (size_t line = 0; line < std::max(name.size(), value.size()); ++line) {
    const DisplayLine& left = line < name.size() ? name[line] : kBlank;
    const DisplayLine& right = line < value.size() ? value[line] : kBlank;
    absl::StrAppend(&out, left.text, std::string(name_width_ - left.width, ' '),
                    line + 1 < name.size() ? "+| " : " | ", right.text,
                    line + 1 < value.size() ? "+\n" : "\n");
  }
}

void ExpandedWriter::End(const v1::ExecutionSummary& summary) {
  const bool has_rows = !names_.empty() || row_count_ > 0;
  std::string out;
  if (has_rows) {
    if (row_count_ == 0 && display_.row_count == RowCount::kShown)
      out.append("(0 rows)\n");
    absl::StrAppend(&out, display_.footer, "\n");
  }
  absl::StrAppend(&out, TagLine(has_rows ? RowsPrinted::kYes : RowsPrinted::kNo,
                                summary.command_tag()));
  output_.Write(out);
}

}  // namespace sluice::cli

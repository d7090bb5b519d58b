// Quotes fields where CSV (RFC 4180) needs it.

#include "client/cli/format_csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace sluice::cli {
namespace {

// Ends the data where COPY reads CSV, unless it is quoted.
constexpr absl::string_view kEndOfCopy = "\\.";

void AppendField(absl::string_view field, std::string& out) {
  const bool plain =
      field.find_first_of(",\"\r\n") == absl::string_view::npos &&
      field != kEndOfCopy;
  if (plain) {
    absl::StrAppend(&out, field);
  } else {
    absl::StrAppend(&out, "\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}),
                    "\"");
  }
}

}  // namespace

void CsvWriter::Begin(const ColumnList& columns) {
  if (columns.empty()) return;
  std::string out;
  for (const v1::ColumnMetadata& column : columns) {
    if (&column != &columns[0]) out.push_back(',');
    AppendField(column.name(), out);
  }
  out.push_back('\n');
  output_.Write(out);
}

void CsvWriter::WriteRows(const ResultView& rows) {
  if (rows.column_count() == 0) return WriteLineWithoutColumns();
  std::string out;
  for (size_t row = 0; row < rows.row_count(); ++row) {
    for (size_t i = 0; i < rows.column_count(); ++i) {
      if (i > 0) out.push_back(',');
      const Cell cell = rows.cell(row, i);
      AppendField(cell.IsNull() ? null_text_ : cell.text(), out);
    }
    out.push_back('\n');
  }
  output_.Write(out);
}

// psql prints the line of names, and none for the rows.
void CsvWriter::WriteLineWithoutColumns() {
  if (has_line_without_columns_) return;
  has_line_without_columns_ = true;
  output_.Write("\n");
}

void CsvWriter::End(const v1::ExecutionSummary&) {}

}  // namespace sluice::cli

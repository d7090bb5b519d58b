// Quotes fields where CSV (RFC 4180) needs it.

#include "client/cli/format_csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "client/cli/cell_text.h"

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

void CsvWriter::Begin(const client::ColumnSet& columns) {
  if (columns.size() == 0) return;
  std::string out;
  for (const v1::ColumnMetadata& column : columns) {
    if (&column != &columns[0]) out.push_back(',');
    AppendField(column.name(), out);
  }
  out.push_back('\n');
  output_.Write(out);
}

void CsvWriter::WriteRows(absl::Span<const client::Row> rows) {
  if (rows[0].size() == 0) return WriteLineWithoutColumns();
  std::string out;
  for (const client::Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out.push_back(',');
      const client::Cell cell = *row.cell(i);
      AppendField(cell.is_null() ? null_text_ : CellText(cell), out);
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

// Writes JSON text straight from columns, so that no number passes through a
// double.

#include "client/cli/format_json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "client/cli/cell_text.h"

namespace sluice::cli {
namespace {

void AppendString(absl::string_view text, std::string& out) {
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

// PostgreSQL's numbers are JSON's, but for those in letters.
void AppendNumber(absl::string_view text, std::string& out) {
  const bool has_digits = text.find_first_of("0123456789") != text.npos;
  if (has_digits) {
    absl::StrAppend(&out, text);
  } else {
    AppendString(text, out);
  }
}

void AppendValue(const ColumnView& column, size_t row, std::string& out);

void AppendArray(const ColumnView& column, size_t row, std::string& out) {
  const ArrayPunctuation punctuation = {
      .open = "[", .separator = ", ", .close = "]"};
  AppendNested(
      column.ShapeOf(row), punctuation,
      [&](size_t index) { AppendValue(column.elements(), index, out); }, out);
}

void AppendMember(absl::string_view name, const ColumnView& column, size_t row,
                  std::string& out) {
  AppendString(name, out);
  out.append(": ");
  AppendValue(column, row, out);
}

void AppendComposite(const ColumnView& column, size_t row, std::string& out) {
  out.push_back('{');
  for (size_t i = 0; i < column.fields().size(); ++i) {
    if (i > 0) out.append(", ");
    AppendMember(column.type().fields(static_cast<int>(i)).name(),
                 column.fields()[i], row, out);
  }
  out.push_back('}');
}

// The same three members for every range, so that a reader has no cases.
void AppendRange(const ColumnView& column, size_t range, std::string& out) {
  const RangeFlags flags = column.FlagsOf(range);
  out.push_back('{');
  AppendMember("lower", column.lowers(), range, out);
  out.append(", ");
  AppendMember("upper", column.uppers(), range, out);
  out.append(", \"bounds\": \"");
  if (flags.is_empty) {
    out.append("empty");
  } else {
    out.push_back(flags.has_lower_inside ? '[' : '(');
    out.push_back(flags.has_upper_inside ? ']' : ')');
  }
  out.append("\"}");
}

void AppendMultirange(const ColumnView& column, size_t row, std::string& out) {
  const Span ranges = column.RangesOf(row);
  out.push_back('[');
  for (size_t i = ranges.begin; i < ranges.end; ++i) {
    if (i > ranges.begin) out.append(", ");
    AppendRange(column, i, out);
  }
  out.push_back(']');
}

void AppendValue(const ColumnView& column, size_t row, std::string& out) {
  if (column.IsNull(row)) {
    out.append("null");
    return;
  }
  const v1::Column& values = column.values();
  switch (values.values_case()) {
    case v1::Column::kBools:
      out.append(values.bools().values(static_cast<int>(row)) ? "true"
                                                              : "false");
      return;
    case v1::Column::kInt64S:
    case v1::Column::kDoubles:
    case v1::Column::kNumerics:
      return AppendNumber(CellText(column, row), out);
    case v1::Column::kJsons:
      return AppendCellText(column, row, out);
    case v1::Column::kArrays:
      return AppendArray(column, row, out);
    case v1::Column::kComposites:
      return AppendComposite(column, row, out);
    case v1::Column::kRanges:
      return AppendRange(column, row, out);
    case v1::Column::kMultiranges:
      return AppendMultirange(column, row, out);
    default:
      return AppendString(CellText(column, row), out);
  }
}

}  // namespace

void JsonWriter::Begin(const ColumnList& columns) {
  columns_ = columns;
  if (shape_ == JsonShape::kArray) output_.Write("[");
}

void JsonWriter::WriteRows(const ResultView& rows) {
  std::string out;
  for (size_t row = 0; row < rows.row_count(); ++row) {
    if (shape_ == JsonShape::kArray) out.append(has_rows_ ? ",\n  " : "\n  ");
    has_rows_ = true;
    out.push_back('{');
    for (size_t i = 0; i < rows.column_count(); ++i) {
      if (i > 0) out.append(", ");
      const Cell cell = rows.cell(row, i);
      AppendMember(columns_[static_cast<int>(i)].name(), cell.column, cell.row,
                   out);
    }
    out.append(shape_ == JsonShape::kArray ? "}" : "}\n");
  }
  output_.Write(out);
}

void JsonWriter::End(const v1::ExecutionSummary&) {
  if (shape_ == JsonShape::kArray) output_.Write(has_rows_ ? "\n]\n" : "]\n");
}

}  // namespace sluice::cli

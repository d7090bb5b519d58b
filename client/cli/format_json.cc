// Writes JSON text straight from columns, so that no number passes through a
// double.

#include "client/cli/format_json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "client/cli/array_nesting.h"
#include "client/cli/cell_text.h"

namespace sluice::cli {
namespace {

using client::ArrayCell;
using client::Cell;
using client::CompositeCell;
using client::RangeCell;

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

void AppendValue(const Cell& cell, std::string& out);

void AppendArray(const Cell& cell, std::string& out) {
  const ArrayPunctuation punctuation = {
      .open = "[", .separator = ", ", .close = "]"};
  AppendNested(
      ArrayCell(cell), punctuation,
      [&](const Cell& element) { AppendValue(element, out); }, out);
}

void AppendMember(absl::string_view name, const Cell& cell, std::string& out) {
  AppendString(name, out);
  out.append(": ");
  AppendValue(cell, out);
}

void AppendComposite(const Cell& cell, std::string& out) {
  const CompositeCell composite(cell);
  out.push_back('{');
  for (size_t i = 0; i < composite.size(); ++i) {
    if (i > 0) out.append(", ");
    AppendMember(cell.type().fields(static_cast<int>(i)).name(),
                 composite.field(i), out);
  }
  out.push_back('}');
}

// The same three members for every range, so that a reader has no cases.
void AppendRange(const Cell& cell, std::string& out) {
  const RangeCell range = *cell.AsRange();
  out.push_back('{');
  AppendMember("lower", range.lower, out);
  out.append(", ");
  AppendMember("upper", range.upper, out);
  out.append(", \"bounds\": \"");
  if (range.empty) {
    out.append("empty");
  } else {
    out.push_back(range.lower_inclusive ? '[' : '(');
    out.push_back(range.upper_inclusive ? ']' : ')');
  }
  out.append("\"}");
}

void AppendMultirange(const Cell& cell, std::string& out) {
  const ArrayCell ranges(cell);
  out.push_back('[');
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (i > 0) out.append(", ");
    AppendRange(ranges.element(i), out);
  }
  out.push_back(']');
}

void AppendValue(const Cell& cell, std::string& out) {
  if (cell.is_null()) {
    out.append("null");
    return;
  }
  switch (cell.kind()) {
    case v1::Column::kBools:
      out.append(*cell.AsBool() ? "true" : "false");
      return;
    case v1::Column::kInt64S:
    case v1::Column::kDoubles:
    case v1::Column::kNumerics:
      return AppendNumber(CellText(cell), out);
    case v1::Column::kJsons:
      return AppendCellText(cell, out);
    case v1::Column::kArrays:
      return AppendArray(cell, out);
    case v1::Column::kComposites:
      return AppendComposite(cell, out);
    case v1::Column::kRanges:
      return AppendRange(cell, out);
    case v1::Column::kMultiranges:
      return AppendMultirange(cell, out);
    default:
      return AppendString(CellText(cell), out);
  }
}

}  // namespace

void JsonWriter::Begin(const client::ColumnSet&) {
  if (shape_ == JsonShape::kArray) output_.Write("[");
}

void JsonWriter::WriteRows(absl::Span<const client::Row> rows) {
  std::string out;
  for (const client::Row& row : rows) {
    if (shape_ == JsonShape::kArray) out.append(has_rows_ ? ",\n  " : "\n  ");
    has_rows_ = true;
    out.push_back('{');
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out.append(", ");
      AppendMember(row.columns()[i].name(), *row.cell(i), out);
    }
    out.append(shape_ == JsonShape::kArray ? "}" : "}\n");
  }
  output_.Write(out);
}

void JsonWriter::End(const v1::ExecutionSummary&) {
  if (shape_ == JsonShape::kArray) output_.Write(has_rows_ ? "\n]\n" : "]\n");
}

}  // namespace sluice::cli

// Writes values by the kind of their column; arrays, composites and ranges with
// the quoting of PostgreSQL's literals.

#include "client/cli/cell_text.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/cli/float_text.h"
#include "client/cli/postgres_types.h"
#include "client/cli/time_text.h"

namespace sluice::cli {
namespace {

void AppendUuid(absl::string_view bytes, std::string& out) {
  std::string digits = absl::BytesToHexString(bytes);
  for (size_t dash : {8, 13, 18, 23}) {
    if (dash <= digits.size()) digits.insert(dash, "-");
  }
  out.append(digits);
}

void AppendDouble(const v1::Type& type, double value, std::string& out) {
  if (type.oid() == kFloat4Oid) {
    AppendFloat4(static_cast<float>(value), out);
  } else {
    AppendFloat8(value, out);
  }
}

bool HoldsAny(absl::string_view text, absl::string_view characters) {
  return text.find_first_of(characters) != absl::string_view::npos;
}

// What PostgreSQL takes for white space in literals of arrays and records.
constexpr absl::string_view kSpaces = " \t\n\v\f\r";

// https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
void AppendArrayElement(const ColumnView& elements, size_t index,
                        absl::string_view delimiter, std::string& out) {
  if (elements.IsNull(index)) {
    out.append("NULL");
    return;
  }
  const std::string text = CellText(elements, index);
  const bool plain = !text.empty() && !absl::EqualsIgnoreCase(text, "NULL") &&
                     !HoldsAny(text, "\"\\{}") && !HoldsAny(text, kSpaces) &&
                     !HoldsAny(text, delimiter);
  if (plain) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

// int2vector and oidvector are arrays of which PostgreSQL writes the elements
// alone.
bool IsVector(const v1::Type& type) {
  return type.oid() == kInt2vectorOid || type.oid() == kOidvectorOid;
}

void AppendVector(const ColumnView& column, size_t row, std::string& out) {
  const ArrayShape shape = column.ShapeOf(row);
  for (size_t i = shape.begin; i < shape.end; ++i) {
    if (i > shape.begin) out.push_back(' ');
    absl::StrAppend(&out, CellText(column.elements(), i));
  }
}

void AppendArray(const ColumnView& column, size_t row, std::string& out) {
  if (IsVector(column.type())) return AppendVector(column, row, out);
  const ArrayShape shape = column.ShapeOf(row);
  const bool has_unusual_bounds =
      std::any_of(shape.dimensions.begin(), shape.dimensions.end(),
                  [](const auto& each) { return each.lower_bound != 1; });
  if (has_unusual_bounds) {
    for (const auto& [length, lower_bound] : shape.dimensions) {
      absl::StrAppend(&out, "[", lower_bound, ":",
                      int64_t{lower_bound} + length - 1, "]");
    }
    out.push_back('=');
  }
  // The one type that PostgreSQL ships with another delimiter.
  const absl::string_view delimiter =
      column.type().element().oid() == kBoxOid ? ";" : ",";
  const ArrayPunctuation punctuation = {
      .open = "{", .separator = delimiter, .close = "}"};
  AppendNested(
      shape, punctuation,
      [&](size_t index) {
        AppendArrayElement(column.elements(), index, delimiter, out);
      },
      out);
}

// A part of a literal, in quotes where it is empty or holds a blank or one of
// `special`. Quotes and backslashes are doubled.
void AppendQuoted(absl::string_view text, absl::string_view special,
                  std::string& out) {
  if (!text.empty() && !HoldsAny(text, special) && !HoldsAny(text, kSpaces)) {
    absl::StrAppend(&out, text);
    return;
  }
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back(c);
    out.push_back(c);
  }
  out.push_back('"');
}

// https://www.postgresql.org/docs/15/rowtypes.html#ROWTYPES-IO-SYNTAX
void AppendField(const ColumnView& field, size_t row, std::string& out) {
  if (field.IsNull(row)) return;
  AppendQuoted(CellText(field, row), "\"\\(),", out);
}

void AppendComposite(const ColumnView& column, size_t row, std::string& out) {
  out.push_back('(');
  for (size_t i = 0; i < column.fields().size(); ++i) {
    if (i > 0) out.push_back(',');
    AppendField(column.fields()[i], row, out);
  }
  out.push_back(')');
}

void AppendBound(const ColumnView& bounds, size_t range, std::string& out) {
  if (bounds.IsNull(range)) return;
  AppendQuoted(CellText(bounds, range), "\"\\()[],", out);
}

// https://www.postgresql.org/docs/15/rangetypes.html#RANGETYPES-IO
void AppendRange(const ColumnView& column, size_t range, std::string& out) {
  const RangeFlags flags = column.FlagsOf(range);
  if (flags.is_empty) {
    out.append("empty");
    return;
  }
  out.push_back(flags.has_lower_inside ? '[' : '(');
  AppendBound(column.lowers(), range, out);
  out.push_back(',');
  AppendBound(column.uppers(), range, out);
  out.push_back(flags.has_upper_inside ? ']' : ')');
}

void AppendMultirange(const ColumnView& column, size_t row, std::string& out) {
  const Span ranges = column.RangesOf(row);
  out.push_back('{');
  for (size_t i = ranges.begin; i < ranges.end; ++i) {
    if (i > ranges.begin) out.push_back(',');
    AppendRange(column, i, out);
  }
  out.push_back('}');
}

}  // namespace

void AppendCellText(const ColumnView& column, size_t row, std::string& out) {
  const v1::Column& values = column.values();
  const v1::Type& type = column.type();
  const int slot = static_cast<int>(row);
  switch (values.values_case()) {
    case v1::Column::kBools:
      return out.push_back(values.bools().values(slot) ? 't' : 'f');
    case v1::Column::kInt64S:
      return absl::StrAppend(&out, values.int64s().values(slot));
    case v1::Column::kDoubles:
      return AppendDouble(type, values.doubles().values(slot), out);
    case v1::Column::kTexts:
      return absl::StrAppend(&out, values.texts().values(slot));
    case v1::Column::kBlobs:
      return absl::StrAppend(
          &out, "\\x", absl::BytesToHexString(values.blobs().values(slot)));
    case v1::Column::kNumerics:
      return absl::StrAppend(&out, values.numerics().values(slot));
    case v1::Column::kTimestamps:
      return AppendTimestamp(
          values.timestamps().values(slot),
          type.oid() == kTimestamptzOid ? Zone::kUtc : Zone::kNone, out);
    case v1::Column::kDates:
      return AppendDate(values.dates().values(slot), out);
    case v1::Column::kTimes:
      return AppendTime(values.times().values(slot), out);
    case v1::Column::kIntervals:
      return AppendInterval(values.intervals().values(slot), out);
    case v1::Column::kUuids:
      return AppendUuid(values.uuids().values(slot), out);
    case v1::Column::kJsons:
      return absl::StrAppend(&out, values.jsons().values(slot));
    case v1::Column::kOthers:
      return absl::StrAppend(&out, values.others().values(slot));
    case v1::Column::kArrays:
      return AppendArray(column, row, out);
    case v1::Column::kComposites:
      return AppendComposite(column, row, out);
    case v1::Column::kRanges:
      return AppendRange(column, row, out);
    case v1::Column::kMultiranges:
      return AppendMultirange(column, row, out);
    case v1::Column::VALUES_NOT_SET:
      return;
  }
}

std::string CellText(const ColumnView& column, size_t row) {
  std::string text;
  if (!column.IsNull(row)) AppendCellText(column, row, text);
  return text;
}

}  // namespace sluice::cli

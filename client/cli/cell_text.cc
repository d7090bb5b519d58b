// Writes values by the kind of their column; arrays, composites and ranges with
// the quoting of PostgreSQL's literals.

#include "client/cli/cell_text.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/cli/array_nesting.h"
#include "client/cli/float_text.h"
#include "client/cli/postgres_types.h"
#include "client/cli/time_text.h"

namespace sluice::cli {
namespace {

using client::ArrayCell;
using client::Cell;
using client::CompositeCell;
using client::RangeCell;

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
void AppendArrayElement(const Cell& element, absl::string_view delimiter,
                        std::string& out) {
  if (element.is_null()) {
    out.append("NULL");
    return;
  }
  const std::string text = CellText(element);
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

void AppendVector(const ArrayCell& vector, std::string& out) {
  for (size_t i = 0; i < vector.size(); ++i) {
    if (i > 0) out.push_back(' ');
    absl::StrAppend(&out, CellText(vector.element(i)));
  }
}

// "[0:1][5:7]=" where a dimension does not count from 1.
void AppendUnusualBounds(const ArrayCell& array, std::string& out) {
  bool is_unusual = false;
  std::string bounds;
  for (size_t i = 0; i < array.dimension_count(); ++i) {
    const auto [length, lower_bound] = array.dimension(i);
    is_unusual |= lower_bound != 1;
    absl::StrAppend(&bounds, "[", lower_bound, ":",
                    int64_t{lower_bound} + length - 1, "]");
  }
  if (is_unusual) absl::StrAppend(&out, bounds, "=");
}

void AppendArray(const Cell& cell, std::string& out) {
  const ArrayCell array(cell);
  if (IsVector(cell.type())) return AppendVector(array, out);
  AppendUnusualBounds(array, out);
  // The one type that PostgreSQL ships with another delimiter.
  const absl::string_view delimiter =
      cell.type().element().oid() == kBoxOid ? ";" : ",";
  const ArrayPunctuation punctuation = {
      .open = "{", .separator = delimiter, .close = "}"};
  AppendNested(
      array, punctuation,
      [&](const Cell& element) { AppendArrayElement(element, delimiter, out); },
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
void AppendComposite(const Cell& cell, std::string& out) {
  const CompositeCell composite(cell);
  out.push_back('(');
  for (size_t i = 0; i < composite.size(); ++i) {
    if (i > 0) out.push_back(',');
    const Cell field = composite.field(i);
    if (!field.is_null()) AppendQuoted(CellText(field), "\"\\(),", out);
  }
  out.push_back(')');
}

void AppendBound(const Cell& bound, std::string& out) {
  if (bound.is_null()) return;
  AppendQuoted(CellText(bound), "\"\\()[],", out);
}

// https://www.postgresql.org/docs/15/rangetypes.html#RANGETYPES-IO
void AppendRange(const Cell& cell, std::string& out) {
  const RangeCell range = *cell.AsRange();
  if (range.empty) {
    out.append("empty");
    return;
  }
  out.push_back(range.lower_inclusive ? '[' : '(');
  AppendBound(range.lower, out);
  out.push_back(',');
  AppendBound(range.upper, out);
  out.push_back(range.upper_inclusive ? ']' : ')');
}

void AppendMultirange(const Cell& cell, std::string& out) {
  const ArrayCell ranges(cell);
  out.push_back('{');
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (i > 0) out.push_back(',');
    AppendRange(ranges.element(i), out);
  }
  out.push_back('}');
}

// Of a kind that has a slot for each row.
void AppendSlot(const Cell& cell, std::string& out) {
  const v1::Column& slots = cell.column().slots();
  const int slot = static_cast<int>(cell.row());
  switch (cell.kind()) {
    case v1::Column::kBools:
      return out.push_back(slots.bools().values(slot) ? 't' : 'f');
    case v1::Column::kInt64S:
      return absl::StrAppend(&out, slots.int64s().values(slot));
    case v1::Column::kDoubles:
      return AppendDouble(cell.type(), slots.doubles().values(slot), out);
    case v1::Column::kTexts:
      return absl::StrAppend(&out, slots.texts().values(slot));
    case v1::Column::kBlobs:
      return absl::StrAppend(
          &out, "\\x", absl::BytesToHexString(slots.blobs().values(slot)));
    case v1::Column::kNumerics:
      return absl::StrAppend(&out, slots.numerics().values(slot));
    case v1::Column::kTimestamps:
      return AppendTimestamp(
          slots.timestamps().values(slot),
          cell.type().oid() == kTimestamptzOid ? Zone::kUtc : Zone::kNone, out);
    case v1::Column::kDates:
      return AppendDate(slots.dates().values(slot), out);
    case v1::Column::kTimes:
      return AppendTime(slots.times().values(slot), out);
    case v1::Column::kIntervals:
      return AppendInterval(slots.intervals().values(slot), out);
    case v1::Column::kUuids:
      return AppendUuid(slots.uuids().values(slot), out);
    case v1::Column::kJsons:
      return absl::StrAppend(&out, slots.jsons().values(slot));
    case v1::Column::kOthers:
      return absl::StrAppend(&out, slots.others().values(slot));
    default:
      return;
  }
}

}  // namespace

void AppendCellText(const Cell& cell, std::string& out) {
  switch (cell.kind()) {
    case v1::Column::kArrays:
      return AppendArray(cell, out);
    case v1::Column::kComposites:
      return AppendComposite(cell, out);
    case v1::Column::kRanges:
      return AppendRange(cell, out);
    case v1::Column::kMultiranges:
      return AppendMultirange(cell, out);
    default:
      return AppendSlot(cell, out);
  }
}

std::string CellText(const Cell& cell) {
  std::string text;
  if (!cell.is_null()) AppendCellText(cell, text);
  return text;
}

}  // namespace sluice::cli

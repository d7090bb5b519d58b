#include "tests/fuzz/column_invariants.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/base/error.h"
#include "server/postgres/codec/result_format.h"

namespace sluice::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using postgres::BaseOf;
using postgres::TypeEntry;

constexpr int64_t kDayMicros = 86'400'000'000;

bool IsNull(const v1::Column& column, uint32_t row) {
  return !column.nulls().empty() &&
         ((static_cast<uint8_t>(column.nulls()[row / 8]) >> (row % 8)) & 1);
}

void CheckNulls(const v1::Column& column, uint32_t row_count) {
  const std::string& nulls = column.nulls();
  if (nulls.empty()) return;
  Require(nulls.size() == (row_count + 7) / 8, "size of the NULL bitmap");
  bool any = false;
  for (uint32_t row = 0; row < row_count; ++row) any |= IsNull(column, row);
  Require(any, "a NULL bitmap without a NULL");
  const uint32_t used = row_count % 8;
  Require(used == 0 || static_cast<uint8_t>(nulls.back()) >> used == 0,
          "NULLs beyond the last row");
}

// The `values` of the members that have nothing else.
void CheckValues(const v1::Column& column, uint32_t row_count) {
  const FieldDescriptor* member =
      v1::Column::descriptor()->FindFieldByNumber(column.values_case());
  const Message& slots = column.GetReflection()->GetMessage(column, member);
  const FieldDescriptor* values =
      slots.GetDescriptor()->FindFieldByName("values");
  Require(static_cast<uint32_t>(
              slots.GetReflection()->FieldSize(slots, values)) == row_count,
          "a slot per row");
  if (values->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return;
  for (uint32_t row = 0; row < row_count; ++row) {
    if (!IsNull(column, row)) continue;
    Require(slots.GetReflection()
                ->GetRepeatedString(slots, values, static_cast<int>(row))
                .empty(),
            "a NULL with a text");
  }
}

void CheckUuids(const v1::Column& column, uint32_t row_count) {
  for (uint32_t row = 0; row < row_count; ++row) {
    // Also empty where the value travels in fragments.
    const size_t size = column.uuids().values(static_cast<int>(row)).size();
    Require(size == 0 || size == 16, "bytes of a uuid");
  }
}

void CheckTimes(const v1::TimeColumn& times) {
  for (const int64_t time : times.values()) {
    Require(time >= 0 && time <= kDayMicros, "a time beyond the day");
  }
}

void CheckOffsets(const google::protobuf::RepeatedField<uint32_t>& offsets,
                  uint32_t row_count) {
  Require(static_cast<uint32_t>(offsets.size()) == row_count + 1,
          "an offset more than rows");
  Require(offsets[0] == 0, "the first offset");
  for (int i = 1; i < offsets.size(); ++i) {
    Require(offsets[i - 1] <= offsets[i], "offsets that fall");
  }
}

void CheckDimensions(const v1::ArrayColumn& arrays, uint32_t row_count) {
  if (arrays.dimensions().empty()) {
    Require(arrays.lengths().empty() && arrays.lower_bounds().empty(),
            "lengths without dimensions");
    return;
  }
  Require(static_cast<uint32_t>(arrays.dimensions_size()) == row_count,
          "a number of dimensions per row");
  int next = 0;
  for (int row = 0; row < arrays.dimensions_size(); ++row) {
    const uint32_t dimensions = arrays.dimensions(row);
    Require(dimensions <= 6, "at most six dimensions");
    int64_t count = dimensions == 0 ? 0 : 1;
    for (uint32_t i = 0; i < dimensions; ++i, ++next) {
      Require(next < arrays.lengths_size(), "a length per dimension");
      Require(arrays.lengths(next) > 0, "a length that is positive");
      count *= arrays.lengths(next);
    }
    Require(count == arrays.offsets(row + 1) - arrays.offsets(row),
            "lengths that make the number of elements");
  }
  Require(next == arrays.lengths_size() && next == arrays.lower_bounds_size(),
          "a length and a lower bound per dimension");
}

void CheckColumn(const v1::Column& column, const TypeEntry& type,
                 uint32_t row_count);

void CheckArrays(const v1::Column& column, const TypeEntry& type,
                 uint32_t row_count) {
  const v1::ArrayColumn& arrays = column.arrays();
  CheckOffsets(arrays.offsets(), row_count);
  CheckDimensions(arrays, row_count);
  for (uint32_t row = 0; row < row_count; ++row) {
    const int i = static_cast<int>(row);
    Require(!IsNull(column, row) || arrays.offsets(i) == arrays.offsets(i + 1),
            "a NULL with elements");
  }
  CheckColumn(arrays.elements(), *type.element,
              arrays.offsets(static_cast<int>(row_count)));
}

void CheckComposites(const v1::Column& column, const TypeEntry& type,
                     uint32_t row_count) {
  const auto& fields = column.composites().fields();
  Require(static_cast<size_t>(fields.size()) == type.fields.size(),
          "a column per field");
  for (int i = 0; i < fields.size(); ++i) {
    CheckColumn(fields[i], *type.fields[static_cast<size_t>(i)].type,
                row_count);
    for (uint32_t row = 0; row < row_count; ++row) {
      Require(!IsNull(column, row) || IsNull(fields[i], row),
              "a NULL with a field");
    }
  }
}

void CheckRanges(const v1::RangeColumn& ranges, const v1::Column* column,
                 const TypeEntry& type, uint32_t row_count) {
  CheckColumn(ranges.lowers(), *type.element, row_count);
  CheckColumn(ranges.uppers(), *type.element, row_count);
  Require(ranges.flags().size() == row_count, "a byte of flags per row");
  for (uint32_t row = 0; row < row_count; ++row) {
    const auto flags = static_cast<uint8_t>(ranges.flags()[row]);
    const bool no_lower = IsNull(ranges.lowers(), row);
    const bool no_upper = IsNull(ranges.uppers(), row);
    Require(flags <= 7, "unknown flags of a range");
    Require(!(flags & 1) || (flags == 1 && no_lower && no_upper),
            "an empty range with bounds");
    Require(!no_lower || !(flags & 2), "a bound that is and is not there");
    Require(!no_upper || !(flags & 4), "a bound that is and is not there");
    Require(column == nullptr || !IsNull(*column, row) ||
                (flags == 0 && no_lower && no_upper),
            "a NULL with a range");
  }
}

void CheckMultiranges(const v1::Column& column, const TypeEntry& type,
                      uint32_t row_count) {
  const v1::MultirangeColumn& multiranges = column.multiranges();
  CheckOffsets(multiranges.offsets(), row_count);
  CheckRanges(multiranges.ranges(), nullptr, BaseOf(*type.element),
              multiranges.offsets(static_cast<int>(row_count)));
}

void CheckColumn(const v1::Column& column, const TypeEntry& declared,
                 uint32_t row_count) {
  const TypeEntry& type = BaseOf(declared);
  Require(column.values_case() == postgres::ColumnMemberOf(type.column_kind),
          "the member of the type");
  CheckNulls(column, row_count);
  switch (column.values_case()) {
    case v1::Column::kArrays:
      return CheckArrays(column, type, row_count);
    case v1::Column::kComposites:
      return CheckComposites(column, type, row_count);
    case v1::Column::kRanges:
      return CheckRanges(column.ranges(), &column, type, row_count);
    case v1::Column::kMultiranges:
      return CheckMultiranges(column, type, row_count);
    case v1::Column::kUuids:
      CheckUuids(column, row_count);
      break;
    case v1::Column::kTimes:
      CheckTimes(column.times());
      break;
    default:
      break;
  }
  CheckValues(column, row_count);
}

}  // namespace

void RequireSound(const v1::Column& column, const TypeEntry& type,
                  uint32_t row_count) {
  CheckColumn(column, type, row_count);
  v1::Column parsed;
  std::string bytes;
  Require(column.SerializeToString(&bytes), "a column that serializes");
  Require(parsed.ParseFromString(bytes), "a column that parses");
  Require(parsed.SerializeAsString() == bytes, "a column that stays the same");
}

void RequireDecoderError(const absl::Status& status) {
  const v1::ErrorReason reason = ReasonOf(status);
  Require((absl::IsInternal(status) &&
           reason == v1::ERROR_REASON_PROTOCOL_VIOLATION) ||
              (absl::IsOutOfRange(status) &&
               reason == v1::ERROR_REASON_RESULT_OUT_OF_RANGE) ||
              (absl::IsResourceExhausted(status) &&
               reason == v1::ERROR_REASON_BYTE_LIMIT),
          absl::StrCat("a documented error: ", status.ToString()));
}

}  // namespace sluice::fuzz

#include "tests/support/column_values.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace sluice::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsNull(const v1::Column& column, int row) {
  const auto byte = static_cast<size_t>(row / 8);
  return byte < column.nulls().size() &&
         ((static_cast<unsigned char>(column.nulls()[byte]) >> (row % 8)) & 1);
}

// Which field of a Value says what a slot of a column's member says.
struct SlotField {
  v1::Column::ValuesCase member;
  int value_field;
};
constexpr SlotField kSlotFields[] = {
    {v1::Column::kBools, v1::Value::kBoolValueFieldNumber},
    {v1::Column::kInt64S, v1::Value::kInt64ValueFieldNumber},
    {v1::Column::kDoubles, v1::Value::kDoubleValueFieldNumber},
    {v1::Column::kTexts, v1::Value::kTextValueFieldNumber},
    {v1::Column::kBlobs, v1::Value::kBytesValueFieldNumber},
    {v1::Column::kNumerics, v1::Value::kNumericValueFieldNumber},
    {v1::Column::kTimestamps, v1::Value::kTimestampValueFieldNumber},
    {v1::Column::kDates, v1::Value::kDateValueFieldNumber},
    {v1::Column::kTimes, v1::Value::kTimeValueFieldNumber},
    {v1::Column::kIntervals, v1::Value::kIntervalValueFieldNumber},
    {v1::Column::kUuids, v1::Value::kUuidValueFieldNumber},
    {v1::Column::kJsons, v1::Value::kJsonValueFieldNumber},
    {v1::Column::kOthers, v1::Value::kTextValueFieldNumber},
};

void CopySlot(const v1::Column& column, int row, const SlotField& field,
              v1::Value& value) {
  const FieldDescriptor* member =
      column.GetDescriptor()->FindFieldByNumber(field.member);
  const Message& slots = column.GetReflection()->GetMessage(column, member);
  const FieldDescriptor* from =
      slots.GetDescriptor()->FindFieldByName("values");
  const FieldDescriptor* to =
      value.GetDescriptor()->FindFieldByNumber(field.value_field);
  const Reflection* in = slots.GetReflection();
  const Reflection* out = value.GetReflection();
  if (row >= in->FieldSize(slots, from)) return;
  switch (from->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return out->SetBool(&value, to, in->GetRepeatedBool(slots, from, row));
    case FieldDescriptor::CPPTYPE_INT32:
      return out->SetInt32(&value, to, in->GetRepeatedInt32(slots, from, row));
    case FieldDescriptor::CPPTYPE_INT64:
      return out->SetInt64(&value, to, in->GetRepeatedInt64(slots, from, row));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return out->SetDouble(&value, to,
                            in->GetRepeatedDouble(slots, from, row));
    case FieldDescriptor::CPPTYPE_STRING:
      return out->SetString(&value, to,
                            in->GetRepeatedString(slots, from, row));
    default:
      out->MutableMessage(&value, to)
          ->CopyFrom(in->GetRepeatedMessage(slots, from, row));
  }
}

// Where the dimensions of a row begin in the lists of all rows.
int DimensionsBefore(const v1::ArrayColumn& arrays, int row) {
  int count = 0;
  for (int i = 0; i < row; ++i) count += static_cast<int>(arrays.dimensions(i));
  return count;
}

v1::ArrayValue ArrayAt(const v1::ArrayColumn& arrays, int row) {
  v1::ArrayValue array;
  const auto end = static_cast<int>(arrays.offsets(row + 1));
  for (int i = static_cast<int>(arrays.offsets(row)); i < end; ++i) {
    *array.add_elements() = ValueAt(arrays.elements(), i);
  }
  if (arrays.dimensions().empty()) return array;
  const int first = DimensionsBefore(arrays, row);
  for (int i = 0; i < static_cast<int>(arrays.dimensions(row)); ++i) {
    array.add_lengths(arrays.lengths(first + i));
    array.add_lower_bounds(arrays.lower_bounds(first + i));
  }
  return array;
}

v1::CompositeValue CompositeAt(const v1::CompositeColumn& composites, int row) {
  v1::CompositeValue composite;
  for (const v1::Column& field : composites.fields()) {
    *composite.add_fields() = ValueAt(field, row);
  }
  return composite;
}

v1::RangeValue RangeAt(const v1::RangeColumn& ranges, int row) {
  v1::RangeValue range;
  const auto flags =
      static_cast<unsigned char>(ranges.flags().at(static_cast<size_t>(row)));
  range.set_empty((flags & 1) != 0);
  if (!IsNull(ranges.lowers(), row)) {
    *range.mutable_lower() = ValueAt(ranges.lowers(), row);
  }
  if (!IsNull(ranges.uppers(), row)) {
    *range.mutable_upper() = ValueAt(ranges.uppers(), row);
  }
  range.set_lower_inclusive((flags & 2) != 0);
  range.set_upper_inclusive((flags & 4) != 0);
  return range;
}

v1::MultirangeValue MultirangeAt(const v1::MultirangeColumn& multiranges,
                                 int row) {
  v1::MultirangeValue multirange;
  const auto end = static_cast<int>(multiranges.offsets(row + 1));
  for (int i = static_cast<int>(multiranges.offsets(row)); i < end; ++i) {
    *multirange.add_ranges() = RangeAt(multiranges.ranges(), i);
  }
  return multirange;
}

// Whether the column has a slot for the row, where that is not plain.
bool HasSlot(const v1::Column& column, int row) {
  switch (column.values_case()) {
    case v1::Column::kArrays:
      return row + 1 < column.arrays().offsets_size();
    case v1::Column::kRanges:
      return static_cast<size_t>(row) < column.ranges().flags().size();
    case v1::Column::kMultiranges:
      return row + 1 < column.multiranges().offsets_size();
    default:
      return true;
  }
}

void SetStructured(const v1::Column& column, int row, v1::Value& value) {
  if (!HasSlot(column, row)) return;
  switch (column.values_case()) {
    case v1::Column::kArrays:
      *value.mutable_array_value() = ArrayAt(column.arrays(), row);
      return;
    case v1::Column::kComposites:
      *value.mutable_composite_value() = CompositeAt(column.composites(), row);
      return;
    case v1::Column::kRanges:
      *value.mutable_range_value() = RangeAt(column.ranges(), row);
      return;
    case v1::Column::kMultiranges:
      *value.mutable_multirange_value() =
          MultirangeAt(column.multiranges(), row);
      return;
    default:
      return;
  }
}

}  // namespace

v1::Value ValueAt(const v1::Column& column, int row) {
  v1::Value value;
  if (IsNull(column, row)) {
    value.set_null_value(google::protobuf::NULL_VALUE);
    return value;
  }
  for (const SlotField& field : kSlotFields) {
    if (field.member == column.values_case()) {
      CopySlot(column, row, field, value);
      return value;
    }
  }
  SetStructured(column, row, value);
  return value;
}

std::string FirstText(const v1::ResultSet& result) {
  if (result.row_count() == 0 || result.columns().empty()) return "";
  const v1::Value value = ValueAt(result.columns(0), 0);
  switch (value.kind_case()) {
    case v1::Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case v1::Value::kInt64Value:
      return absl::StrCat(value.int64_value());
    case v1::Value::kTextValue:
      return value.text_value();
    case v1::Value::kNumericValue:
      return value.numeric_value();
    case v1::Value::kNullValue:
      return "";
    default:
      return value.ShortDebugString();
  }
}

}  // namespace sluice::testing

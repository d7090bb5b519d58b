// Slots of result columns as the parameters that say the same, for tests.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TEST_SLOT_VALUES_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TEST_SLOT_VALUES_H_

#include <cstddef>
#include <cstdint>

#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

v1::Value SlotValue(const v1::Column& column, int row);

namespace slot_internal {

inline bool IsNull(const v1::Column& column, int row) {
  const auto byte = static_cast<size_t>(row / 8);
  return byte < column.nulls().size() &&
         ((static_cast<uint8_t>(column.nulls()[byte]) >> (row % 8)) & 1) != 0;
}

// Without lengths where there is one dimension from 1.
inline v1::ArrayValue ArrayOf(const v1::ArrayColumn& arrays, int row) {
  v1::ArrayValue array;
  const int end = static_cast<int>(arrays.offsets(row + 1));
  for (int i = static_cast<int>(arrays.offsets(row)); i < end; ++i) {
    *array.add_elements() = SlotValue(arrays.elements(), i);
  }
  if (arrays.dimensions().empty()) return array;
  int first = 0;
  for (int i = 0; i < row; ++i) first += static_cast<int>(arrays.dimensions(i));
  const int count = static_cast<int>(arrays.dimensions(row));
  if (count == 1 && arrays.lower_bounds(first) == 1) return array;
  for (int i = first; i < first + count; ++i) {
    array.add_lengths(arrays.lengths(i));
    array.add_lower_bounds(arrays.lower_bounds(i));
  }
  return array;
}

inline v1::RangeValue RangeOf(const v1::RangeColumn& ranges, int row) {
  v1::RangeValue range;
  const int flags = ranges.flags()[static_cast<size_t>(row)];
  range.set_empty((flags & 1) != 0);
  range.set_lower_inclusive((flags & 2) != 0);
  range.set_upper_inclusive((flags & 4) != 0);
  if (!IsNull(ranges.lowers(), row)) {
    *range.mutable_lower() = SlotValue(ranges.lowers(), row);
  }
  if (!IsNull(ranges.uppers(), row)) {
    *range.mutable_upper() = SlotValue(ranges.uppers(), row);
  }
  return range;
}

inline v1::MultirangeValue MultirangeOf(const v1::MultirangeColumn& column,
                                        int row) {
  v1::MultirangeValue multirange;
  const int end = static_cast<int>(column.offsets(row + 1));
  for (int i = static_cast<int>(column.offsets(row)); i < end; ++i) {
    *multirange.add_ranges() = RangeOf(column.ranges(), i);
  }
  return multirange;
}

inline void FillScalar(const v1::Column& column, int row, v1::Value& value) {
  switch (column.values_case()) {
    case v1::Column::kBools:
      return value.set_bool_value(column.bools().values(row));
    case v1::Column::kInt64S:
      return value.set_int64_value(column.int64s().values(row));
    case v1::Column::kDoubles:
      return value.set_double_value(column.doubles().values(row));
    case v1::Column::kTexts:
      return value.set_text_value(column.texts().values(row));
    case v1::Column::kBlobs:
      return value.set_bytes_value(column.blobs().values(row));
    case v1::Column::kNumerics:
      return value.set_numeric_value(column.numerics().values(row));
    case v1::Column::kTimestamps:
      return value.set_timestamp_value(column.timestamps().values(row));
    case v1::Column::kDates:
      return value.set_date_value(column.dates().values(row));
    case v1::Column::kTimes:
      return value.set_time_value(column.times().values(row));
    case v1::Column::kIntervals:
      *value.mutable_interval_value() = column.intervals().values(row);
      return;
    case v1::Column::kUuids:
      return value.set_uuid_value(column.uuids().values(row));
    case v1::Column::kJsons:
      return value.set_json_value(column.jsons().values(row));
    case v1::Column::kOthers:
      return value.set_text_value(column.others().values(row));
    default:
      return;
  }
}

}  // namespace slot_internal

// No kind is set where the column has no values.
inline v1::Value SlotValue(const v1::Column& column, int row) {
  v1::Value value;
  if (slot_internal::IsNull(column, row)) {
    value.set_null_value(google::protobuf::NULL_VALUE);
  } else if (column.has_arrays()) {
    *value.mutable_array_value() = slot_internal::ArrayOf(column.arrays(), row);
  } else if (column.has_composites()) {
    value.mutable_composite_value();
    for (const v1::Column& field : column.composites().fields()) {
      *value.mutable_composite_value()->add_fields() = SlotValue(field, row);
    }
  } else if (column.has_ranges()) {
    *value.mutable_range_value() = slot_internal::RangeOf(column.ranges(), row);
  } else if (column.has_multiranges()) {
    *value.mutable_multirange_value() =
        slot_internal::MultirangeOf(column.multiranges(), row);
  } else {
    slot_internal::FillScalar(column, row, value);
  }
  return value;
}

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TEST_SLOT_VALUES_H_

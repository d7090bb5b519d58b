// Random parameters of any type for tests, in the form in which results say
// them.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TEST_RANDOM_VALUES_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TEST_RANDOM_VALUES_H_

#include <cstddef>
#include <cstdint>

#include "server/postgres/codec/test_random_scalars.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

class RandomValues {
 public:
  explicit RandomValues(uint64_t seed) : scalars_(seed) {}

  size_t Below(size_t end) { return scalars_.Below(end); }

  // One in eight is NULL, whatever the type.
  v1::Value Make(const TypeEntry& type) {
    v1::Value value;
    if (Below(8) == 0) {
      value.set_null_value(google::protobuf::NULL_VALUE);
    } else {
      Fill(BaseOf(type), value);
    }
    return value;
  }

  // No NULL. A type of an unknown kind takes a text.
  void Fill(const TypeEntry& type, v1::Value& value) {
    switch (type.kind) {
      case v1::TYPE_KIND_ARRAY:
        return FillArray(*type.element, *value.mutable_array_value());
      case v1::TYPE_KIND_COMPOSITE:
        value.mutable_composite_value();
        for (const FieldEntry& field : type.fields) {
          *value.mutable_composite_value()->add_fields() = Make(*field.type);
        }
        return;
      case v1::TYPE_KIND_RANGE:
        return FillRange(*type.element, *value.mutable_range_value());
      case v1::TYPE_KIND_MULTIRANGE:
        value.mutable_multirange_value();
        for (size_t i = Below(4); i > 0; --i) {
          FillRange(*type.element->element,
                    *value.mutable_multirange_value()->add_ranges());
        }
        return;
      default:
        return scalars_.Fill(type.column_kind, value);
    }
  }

 private:
  // One dimension from 1, as most are, or any shape.
  void FillArray(const TypeEntry& element, v1::ArrayValue& array) {
    size_t count = Below(5);
    if (count > 0 && Below(2) == 0) {
      const size_t inner = 1 + Below(3);
      array.add_lengths(static_cast<int32_t>(count));
      array.add_lengths(static_cast<int32_t>(inner));
      array.add_lower_bounds(static_cast<int32_t>(Below(2'000)) - 1'000);
      array.add_lower_bounds(1);
      count *= inner;
    }
    for (; count > 0; --count) *array.add_elements() = Make(element);
  }

  void FillRange(const TypeEntry& bound, v1::RangeValue& range) {
    if (Below(8) == 0) return range.set_empty(true);
    if (Below(4) != 0) {
      Fill(BaseOf(bound), *range.mutable_lower());
      range.set_lower_inclusive(Below(2) == 0);
    }
    if (Below(4) != 0) {
      Fill(BaseOf(bound), *range.mutable_upper());
      range.set_upper_inclusive(Below(2) == 0);
    }
  }

  RandomScalars scalars_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TEST_RANDOM_VALUES_H_

// Checks of elements, fields and bounds.

#include "server/postgres/codec/container_shape.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "server/postgres/codec/refusal.h"

namespace sluice::postgres {

absl::Status CheckElement(const v1::Value& value, const TypeEntry* element) {
  if (!value.has_array_value() ||
      (element != nullptr && BaseOf(*element).kind == v1::TYPE_KIND_ARRAY)) {
    return absl::OkStatus();
  }
  return RefuseMalformed(
      "an array within an array is said with `lengths`, not by nesting");
}

bool KnowsFields(const TypeEntry& composite) {
  return composite.column_kind == ColumnKind::kComposite ||
         !composite.fields.empty();
}

absl::Status CheckFieldCount(const v1::CompositeValue& composite,
                             const TypeEntry& target) {
  const auto given = static_cast<size_t>(composite.fields_size());
  if (!KnowsFields(target) || given == target.fields.size()) {
    return absl::OkStatus();
  }
  return RefuseMalformed(absl::StrCat("the composite has ", given, " fields, ",
                                      target.name, " has ",
                                      target.fields.size()));
}

const TypeEntry* FieldType(const TypeEntry& composite, int field) {
  if (!KnowsFields(composite)) return nullptr;
  return composite.fields[static_cast<size_t>(field)].type.get();
}

std::string FieldName(const TypeEntry& composite, int field) {
  std::string number = absl::StrCat("field ", field + 1);
  if (!KnowsFields(composite)) return number;
  return absl::StrCat(number, " (",
                      composite.fields[static_cast<size_t>(field)].name, ")");
}

absl::Status CheckVector(const v1::ArrayValue& array) {
  if (array.lengths_size() > 1 || array.lower_bounds_size() > 1 ||
      (array.lower_bounds_size() == 1 && array.lower_bounds(0) != 0)) {
    return RefuseMalformed("a vector has one dimension, from 0");
  }
  for (int i = 0; i < array.elements_size(); ++i) {
    if (array.elements(i).has_null_value()) {
      return AtPart(RefuseMalformed("a vector has no NULL"),
                    absl::StrCat("element ", i + 1));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RangeBounds> RangeBounds::Make(const v1::RangeValue& range) {
  RangeBounds bounds;
  if (range.has_lower() && !range.lower().has_null_value()) {
    bounds.lower_ = &range.lower();
  }
  if (range.has_upper() && !range.upper().has_null_value()) {
    bounds.upper_ = &range.upper();
  }
  if (range.empty() && (bounds.lower_ != nullptr || bounds.upper_ != nullptr)) {
    return RefuseMalformed("an empty range has no bounds");
  }
  if ((range.lower_inclusive() && bounds.lower_ == nullptr) ||
      (range.upper_inclusive() && bounds.upper_ == nullptr)) {
    return RefuseMalformed("a bound that is not there is not inclusive");
  }
  if (range.empty()) {
    bounds.flags_ = kEmpty;
    return bounds;
  }
  if (range.lower_inclusive()) bounds.flags_ |= kLowerInclusive;
  if (range.upper_inclusive()) bounds.flags_ |= kUpperInclusive;
  if (bounds.lower_ == nullptr) bounds.flags_ |= kNoLower;
  if (bounds.upper_ == nullptr) bounds.flags_ |= kNoUpper;
  return bounds;
}

}  // namespace sluice::postgres

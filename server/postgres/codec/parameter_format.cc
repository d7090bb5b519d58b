// What has a binary form, by type and by value.

#include "server/postgres/codec/parameter_format.h"

#include <algorithm>

#include "server/postgres/codec/container_shape.h"

namespace sluice::postgres {
namespace {

// Whether the encoder writes the binary form, and whether that is made of the
// very text which the input function takes.
enum class BinaryForm { kNone, kOfValues, kOfTextsToo };

BinaryForm BinaryFormOf(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kBool:
    case ColumnKind::kInt2:
    case ColumnKind::kInt4:
    case ColumnKind::kInt8:
    case ColumnKind::kOid:
    case ColumnKind::kFloat4:
    case ColumnKind::kFloat8:
    case ColumnKind::kNumeric:
    case ColumnKind::kBytea:
    case ColumnKind::kTimestamp:
    case ColumnKind::kTimestamptz:
    case ColumnKind::kDate:
    case ColumnKind::kTime:
    case ColumnKind::kInterval:
    case ColumnKind::kUuid:
      return BinaryForm::kOfValues;
    // For a name, binary also makes PostgreSQL refuse what is too long.
    case ColumnKind::kText:
    case ColumnKind::kChar:
    case ColumnKind::kEnum:
    case ColumnKind::kJson:
    case ColumnKind::kJsonb:
      return BinaryForm::kOfTextsToo;
    default:
      return BinaryForm::kNone;
  }
}

// Whether PostgreSQL reads the type in binary at all: it looks for the
// function even where every part is NULL.
bool HasBinaryInput(const TypeEntry& type) {
  const TypeEntry& base = BaseOf(type);
  // It does not take one without elements.
  if (base.column_kind == ColumnKind::kVector) return false;
  switch (base.kind) {
    case v1::TYPE_KIND_ARRAY:
    case v1::TYPE_KIND_RANGE:
      return base.element != nullptr && HasBinaryInput(*base.element);
    case v1::TYPE_KIND_MULTIRANGE:
      return base.element != nullptr &&
             base.element->kind == v1::TYPE_KIND_RANGE &&
             HasBinaryInput(*base.element);
    case v1::TYPE_KIND_COMPOSITE:
      return KnowsFields(base) &&
             std::all_of(base.fields.begin(), base.fields.end(),
                         [](const FieldEntry& field) {
                           return field.type != nullptr &&
                                  HasBinaryInput(*field.type);
                         });
    default:
      return base.column_kind != ColumnKind::kOther;
  }
}

// Whether each part of the value has a binary form; that of its type has one.
bool IsBinary(const v1::Value& value, const TypeEntry& type);

bool AreElementsBinary(const v1::ArrayValue& array, const TypeEntry& element) {
  return std::all_of(
      array.elements().begin(), array.elements().end(),
      [&](const v1::Value& value) { return IsBinary(value, element); });
}

bool AreFieldsBinary(const v1::CompositeValue& composite,
                     const TypeEntry& target) {
  // Where the count is wrong it is refused in either form.
  if (!CheckFieldCount(composite, target).ok()) return false;
  for (int i = 0; i < composite.fields_size(); ++i) {
    if (!IsBinary(composite.fields(i), *FieldType(target, i))) return false;
  }
  return true;
}

bool AreBoundsBinary(const v1::RangeValue& range, const TypeEntry& bound) {
  return (!range.has_lower() || IsBinary(range.lower(), bound)) &&
         (!range.has_upper() || IsBinary(range.upper(), bound));
}

bool AreRangesBinary(const v1::MultirangeValue& multirange,
                     const TypeEntry& bound) {
  return std::all_of(multirange.ranges().begin(), multirange.ranges().end(),
                     [&](const v1::RangeValue& range) {
                       return AreBoundsBinary(range, bound);
                     });
}

bool IsBinary(const v1::Value& value, const TypeEntry& type) {
  if (value.has_null_value()) return true;
  const TypeEntry& base = BaseOf(type);
  switch (base.kind) {
    case v1::TYPE_KIND_ARRAY:
      return value.has_array_value() &&
             AreElementsBinary(value.array_value(), *base.element);
    case v1::TYPE_KIND_COMPOSITE:
      return value.has_composite_value() &&
             AreFieldsBinary(value.composite_value(), base);
    case v1::TYPE_KIND_RANGE:
      return value.has_range_value() &&
             AreBoundsBinary(value.range_value(), *base.element);
    case v1::TYPE_KIND_MULTIRANGE:
      return value.has_multirange_value() &&
             AreRangesBinary(value.multirange_value(), *base.element->element);
    default:
      break;
  }
  const BinaryForm form = BinaryFormOf(base.column_kind);
  return form == BinaryForm::kOfTextsToo ||
         (form == BinaryForm::kOfValues && !value.has_text_value());
}

}  // namespace

WireFormat ParameterFormatOf(const v1::Value& value, const TypeEntry& target) {
  const BinaryForm form = BinaryFormOf(target.column_kind);
  const bool is_binary =
      form == BinaryForm::kNone
          ? HasBinaryInput(target) && IsBinary(value, target)
          : form == BinaryForm::kOfTextsToo || !value.has_text_value();
  return is_binary ? WireFormat::kBinary : WireFormat::kText;
}

}  // namespace sluice::postgres

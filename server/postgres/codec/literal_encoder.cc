// The syntax of literals.
// https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
// https://www.postgresql.org/docs/15/rowtypes.html#ROWTYPES-IO-SYNTAX

#include "server/postgres/codec/literal_encoder.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/postgres/codec/array_shape.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/container_shape.h"
#include "server/postgres/codec/literal_text.h"
#include "server/postgres/codec/refusal.h"
#include "server/postgres/codec/value_conversion.h"

namespace sluice::postgres {
namespace {

// Writes what a conversion gave, or hands on why it gave nothing.
template <typename From, typename Write>
absl::StatusOr<std::string> Written(const absl::StatusOr<From>& from,
                                    Write write) {
  if (!from.ok()) return from.status();
  return std::string(write(*from));
}

template <typename From>
absl::StatusOr<std::string> Written(const absl::StatusOr<From>& from) {
  return Written(from, [](const From& text) { return std::string(text); });
}

const char* BoolText(bool value) { return value ? "true" : "false"; }

// What a value is when nothing says what it should become.
TypeRef NaturalType(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kBoolValue:
      return FindBuiltinType("boolean");
    case v1::Value::kInt64Value:
      return FindBuiltinType("bigint");
    case v1::Value::kDoubleValue:
      return FindBuiltinType("double precision");
    case v1::Value::kBytesValue:
      return FindBuiltinType("bytea");
    case v1::Value::kNumericValue:
      return FindBuiltinType("numeric");
    case v1::Value::kTimestampValue:
      return FindBuiltinType("timestamp with time zone");
    case v1::Value::kDateValue:
      return FindBuiltinType("date");
    case v1::Value::kTimeValue:
      return FindBuiltinType("time without time zone");
    case v1::Value::kIntervalValue:
      return FindBuiltinType("interval");
    case v1::Value::kUuidValue:
      return FindBuiltinType("uuid");
    case v1::Value::kJsonValue:
      return FindBuiltinType("json");
    default:
      return FindBuiltinType("text");
  }
}

// Numbers, words and dates need none; NULL would be a NULL in an array.
bool NeedsQuotes(absl::string_view text) {
  for (char c : text) {
    if (!absl::ascii_isalnum(c) && c != '-' && c != '+' && c != '.' &&
        c != '_') {
      return true;
    }
  }
  return text.empty() || absl::EqualsIgnoreCase(text, "null");
}

void AppendQuoted(absl::string_view text, std::string& out) {
  if (!NeedsQuotes(text)) {
    absl::StrAppend(&out, text);
    return;
  }
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

absl::StatusOr<std::string> EncodeForText(const v1::Value& value,
                                          const TypeEntry& target) {
  if (value.has_bool_value()) return std::string(BoolText(value.bool_value()));
  absl::StatusOr<std::string> text = value.has_json_value()
                                         ? Written(ToJson(value, target))
                                         : ToNumericText(value, target);
  if (!text.ok()) return text;
  absl::Status fits = CheckTextFits(*text, target);
  if (!fits.ok()) return fits;
  return text;
}

// As PostgreSQL 15 reads it too.
absl::StatusOr<std::string> EncodeForChar(const v1::Value& value,
                                          const TypeEntry& target) {
  absl::StatusOr<char> byte = ToChar(value, target);
  if (!byte.ok()) return byte.status();
  if (*byte == '\0') return std::string();
  if (absl::ascii_isascii(static_cast<unsigned char>(*byte))) {
    return std::string(1, *byte);
  }
  return RefuseLoss("a byte above ASCII in a literal", target);
}

// "1 2": PostgreSQL reads one without elements only as text.
absl::StatusOr<std::string> EncodeVector(const v1::Value& value,
                                         const TypeEntry& target) {
  if (!value.has_array_value() || target.element == nullptr) {
    return RefuseType(value, target);
  }
  const v1::ArrayValue& array = value.array_value();
  absl::Status status = ArrayShape::Make(array).status();
  if (status.ok()) status = CheckVector(array);
  if (!status.ok()) return status;
  std::string out;
  for (int i = 0; i < array.elements_size(); ++i) {
    absl::StatusOr<int64_t> number =
        ToInteger(array.elements(i), *target.element);
    if (!number.ok()) {
      return AtPart(number.status(), absl::StrCat("element ", i + 1));
    }
    absl::StrAppend(&out, i == 0 ? "" : " ", *number);
  }
  return out;
}

// Whether values of the kind are written for the parts of such a type.
bool IsContainerOf(const v1::Value& value, const TypeEntry& target) {
  switch (value.kind_case()) {
    case v1::Value::kArrayValue:
      // A vector has its own syntax.
      return target.kind == v1::TYPE_KIND_ARRAY &&
             target.column_kind != ColumnKind::kVector;
    case v1::Value::kCompositeValue:
      return target.kind == v1::TYPE_KIND_COMPOSITE;
    case v1::Value::kRangeValue:
      return target.kind == v1::TYPE_KIND_RANGE;
    case v1::Value::kMultirangeValue:
      return target.kind == v1::TYPE_KIND_MULTIRANGE;
    default:
      return false;
  }
}

bool IsContainer(const v1::Value& value) {
  return value.has_array_value() || value.has_composite_value() ||
         value.has_range_value() || value.has_multirange_value();
}

const TypeEntry* ElementOf(const TypeEntry* type) {
  return type == nullptr ? nullptr : type->element.get();
}

}  // namespace

absl::StatusOr<std::string> LiteralEncoder::Encode(const v1::Value& value,
                                                   const TypeEntry& target) {
  const TypeEntry& base = BaseOf(target);
  absl::StatusOr<std::string> literal = IsContainerOf(value, base)
                                            ? EncodeContainer(value, &base)
                                            : EncodeScalar(value, base);
  if (literal.ok()) {
    if (absl::Status status = CheckSize(*literal); !status.ok()) return status;
  }
  return literal;
}

absl::StatusOr<std::string> LiteralEncoder::EncodeScalar(
    const v1::Value& value, const TypeEntry& target) const {
  if (target.column_kind == ColumnKind::kChar) {
    return EncodeForChar(value, target);
  }
  if (value.has_text_value()) return Written(ToText(value, target));
  switch (target.column_kind) {
    case ColumnKind::kBool:
      return Written(ToBool(value, target), BoolText);
    case ColumnKind::kInt2:
    case ColumnKind::kInt4:
    case ColumnKind::kInt8:
    case ColumnKind::kOid:
      return Written(ToInteger(value, target),
                     [](int64_t integer) { return absl::StrCat(integer); });
    case ColumnKind::kFloat4:
      return Written(ToFloat4(value, target),
                     [](float number) { return ShortestText(number); });
    case ColumnKind::kFloat8:
      return Written(ToFloat8(value, target),
                     [](double number) { return ShortestText(number); });
    case ColumnKind::kNumeric:
      return ToNumericText(value, target);
    case ColumnKind::kText:
      return EncodeForText(value, target);
    case ColumnKind::kBytea:
      return Written(ToBytea(value, target), ByteaText);
    case ColumnKind::kTimestamp:
      return Written(ToTimestamp(value, target), TimestampText);
    case ColumnKind::kTimestamptz:
      return Written(ToTimestamp(value, target), TimestamptzText);
    case ColumnKind::kDate:
      return Written(ToDate(value, target), DateText);
    case ColumnKind::kTime:
      return Written(ToTime(value, target), TimeText);
    case ColumnKind::kInterval:
      return Written(ToInterval(value, target), IntervalText);
    case ColumnKind::kUuid:
      return Written(ToUuid(value, target), UuidText);
    case ColumnKind::kJson:
    case ColumnKind::kJsonb:
      return Written(ToJson(value, target));
    case ColumnKind::kVector:
      return EncodeVector(value, target);
    default:
      return ToOtherText(value, target);
  }
}

absl::StatusOr<std::string> LiteralEncoder::EncodeContainer(
    const v1::Value& value, const TypeEntry* target) {
  if (++depth_ > kMaxValueDepth) return RefuseDepth();
  absl::StatusOr<std::string> literal;
  if (value.has_array_value()) {
    literal = EncodeArray(value.array_value(), ElementOf(target));
  } else if (value.has_composite_value()) {
    literal = EncodeComposite(value.composite_value(), target);
  } else if (value.has_range_value()) {
    literal = EncodeRange(value.range_value(), ElementOf(target));
  } else {
    literal = EncodeMultirange(value.multirange_value(), ElementOf(target));
  }
  --depth_;
  return literal;
}

absl::StatusOr<std::string> LiteralEncoder::EncodeArray(
    const v1::ArrayValue& array, const TypeEntry* element) {
  absl::StatusOr<ArrayShape> shape = ArrayShape::Make(array);
  if (!shape.ok()) return shape.status();
  if (array.elements().empty()) return std::string("{}");
  const char delimiter = element == nullptr ? ',' : element->delimiter;
  std::string out = shape->BoundsText();
  for (int i = 0; i < array.elements_size(); ++i) {
    if (i > 0) out.push_back(delimiter);
    out.append(shape->OpeningBefore(i), '{');
    absl::Status status = AppendElement(array.elements(i), element, out);
    if (status.ok()) status = CheckSize(out);
    if (!status.ok()) return AtPart(status, absl::StrCat("element ", i + 1));
    out.append(shape->ClosingAfter(i), '}');
  }
  return out;
}

absl::StatusOr<std::string> LiteralEncoder::EncodeComposite(
    const v1::CompositeValue& composite, const TypeEntry* target) {
  static const TypeEntry& unknown = *new TypeEntry();
  const TypeEntry& type = target == nullptr ? unknown : *target;
  if (absl::Status status = CheckFieldCount(composite, type); !status.ok()) {
    return status;
  }
  std::string out = "(";
  for (int i = 0; i < composite.fields_size(); ++i) {
    if (i > 0) out.push_back(',');
    absl::Status status =
        AppendPart(composite.fields(i), FieldType(type, i), out);
    if (!status.ok()) return AtPart(status, FieldName(type, i));
  }
  out.push_back(')');
  return out;
}

absl::StatusOr<std::string> LiteralEncoder::EncodeRange(
    const v1::RangeValue& range, const TypeEntry* bound) {
  absl::StatusOr<RangeBounds> bounds = RangeBounds::Make(range);
  if (!bounds.ok()) return bounds.status();
  if (bounds->is_empty()) return std::string("empty");
  std::string out(1, bounds->opening());
  if (bounds->lower() != nullptr) {
    absl::Status status = AppendPart(*bounds->lower(), bound, out);
    if (!status.ok()) return AtPart(status, "lower bound");
  }
  out.push_back(',');
  if (bounds->upper() != nullptr) {
    absl::Status status = AppendPart(*bounds->upper(), bound, out);
    if (!status.ok()) return AtPart(status, "upper bound");
  }
  out.push_back(bounds->closing());
  return out;
}

absl::StatusOr<std::string> LiteralEncoder::EncodeMultirange(
    const v1::MultirangeValue& multirange, const TypeEntry* range) {
  std::string out = "{";
  for (int i = 0; i < multirange.ranges_size(); ++i) {
    if (i > 0) out.push_back(',');
    absl::StatusOr<std::string> literal =
        EncodeRange(multirange.ranges(i), ElementOf(range));
    absl::Status status = literal.status();
    if (status.ok()) {
      out.append(*literal);
      status = CheckSize(out);
    }
    if (!status.ok()) return AtPart(status, absl::StrCat("range ", i + 1));
  }
  out.push_back('}');
  return out;
}

absl::Status LiteralEncoder::AppendElement(const v1::Value& value,
                                           const TypeEntry* element,
                                           std::string& out) {
  if (value.has_null_value()) {
    out.append("NULL");
    return absl::OkStatus();
  }
  if (absl::Status status = CheckElement(value, element); !status.ok()) {
    return status;
  }
  return AppendPart(value, element, out);
}

absl::Status LiteralEncoder::AppendPart(const v1::Value& value,
                                        const TypeEntry* type,
                                        std::string& out) {
  if (value.has_null_value()) return absl::OkStatus();
  if (value.kind_case() == v1::Value::KIND_NOT_SET) return RefuseUnset();
  absl::StatusOr<std::string> literal;
  if (type != nullptr) {
    literal = Encode(value, *type);
  } else if (IsContainer(value)) {
    literal = EncodeContainer(value, nullptr);
  } else {
    literal = Encode(value, *NaturalType(value));
  }
  if (!literal.ok()) return literal.status();
  AppendQuoted(*literal, out);
  return CheckSize(out);
}

absl::Status LiteralEncoder::CheckSize(const std::string& literal) const {
  return literal.size() > max_bytes_ ? RefuseSize(max_bytes_)
                                     : absl::OkStatus();
}

}  // namespace sluice::postgres

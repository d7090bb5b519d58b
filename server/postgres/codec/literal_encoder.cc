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
  if (value.has_json_value()) return Written(ToJson(value, target));
  return ToNumericText(value, target);
}

// A type of which only PostgreSQL knows what it takes: numbers may be tried.
absl::StatusOr<std::string> EncodeForOther(const v1::Value& value,
                                           const TypeEntry& target) {
  if (target.kind != v1::TYPE_KIND_BASE &&
      target.kind != v1::TYPE_KIND_UNSPECIFIED) {
    return RefuseType(value, target);
  }
  return ToNumericText(value, target);
}

}  // namespace

absl::StatusOr<std::string> LiteralEncoder::Encode(
    const v1::Value& value, const TypeEntry& target) const {
  const TypeEntry& base = BaseOf(target);
  absl::StatusOr<std::string> literal = EncodeScalar(value, base);
  if (literal.ok()) {
    if (absl::Status status = CheckSize(*literal); !status.ok()) return status;
  }
  return literal;
}

absl::StatusOr<std::string> LiteralEncoder::EncodeScalar(
    const v1::Value& value, const TypeEntry& target) const {
  if (value.has_text_value()) return Written(ToText(value, target));
  if (value.has_array_value() && target.kind == v1::TYPE_KIND_ARRAY) {
    return EncodeArray(value.array_value(), target.element.get());
  }
  if (value.has_composite_value() && target.kind == v1::TYPE_KIND_COMPOSITE) {
    return EncodeComposite(value.composite_value());
  }
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
    case ColumnKind::kChar:
    case ColumnKind::kEnum:
    case ColumnKind::kArray:
    case ColumnKind::kVector:
    case ColumnKind::kComposite:
    case ColumnKind::kRange:
    case ColumnKind::kMultirange:
      break;
    default:
      return EncodeForOther(value, target);
  }
  return RefuseType(value, target);
}

absl::StatusOr<std::string> LiteralEncoder::EncodeArray(
    const v1::ArrayValue& array, const TypeEntry* element) const {
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

absl::Status LiteralEncoder::AppendElement(const v1::Value& value,
                                           const TypeEntry* element,
                                           std::string& out) const {
  if (value.has_null_value()) {
    out.append("NULL");
    return absl::OkStatus();
  }
  if (value.has_array_value()) {
    return RefuseMalformed(
        "an array within an array is said with `lengths`, not by nesting");
  }
  if (value.kind_case() == v1::Value::KIND_NOT_SET) {
    return RefuseMalformed("it has no value; a NULL is said with null_value");
  }
  absl::StatusOr<std::string> literal =
      element == nullptr ? EncodeUntyped(value) : Encode(value, *element);
  if (!literal.ok()) return literal.status();
  AppendQuoted(*literal, out);
  return absl::OkStatus();
}

absl::StatusOr<std::string> LiteralEncoder::EncodeComposite(
    const v1::CompositeValue& composite) const {
  std::string out = "(";
  for (int i = 0; i < composite.fields_size(); ++i) {
    if (i > 0) out.push_back(',');
    absl::Status status = AppendField(composite.fields(i), out);
    if (status.ok()) status = CheckSize(out);
    if (!status.ok()) return AtPart(status, absl::StrCat("field ", i + 1));
  }
  out.push_back(')');
  return out;
}

absl::Status LiteralEncoder::AppendField(const v1::Value& value,
                                         std::string& out) const {
  // A NULL is nothing at all between the commas.
  if (value.has_null_value()) return absl::OkStatus();
  if (value.kind_case() == v1::Value::KIND_NOT_SET) {
    return RefuseMalformed("it has no value; a NULL is said with null_value");
  }
  absl::StatusOr<std::string> literal = EncodeUntyped(value);
  if (!literal.ok()) return literal.status();
  AppendQuoted(*literal, out);
  return absl::OkStatus();
}

absl::StatusOr<std::string> LiteralEncoder::EncodeUntyped(
    const v1::Value& value) const {
  if (value.has_array_value()) {
    return EncodeArray(value.array_value(), nullptr);
  }
  if (value.has_composite_value()) {
    return EncodeComposite(value.composite_value());
  }
  return Encode(value, *NaturalType(value));
}

absl::Status LiteralEncoder::CheckSize(const std::string& literal) const {
  return literal.size() > max_bytes_ ? RefuseSize(max_bytes_)
                                     : absl::OkStatus();
}

}  // namespace sluice::postgres

// The binary forms, as the receive functions of PostgreSQL read them.

#include "server/postgres/codec/binary_encoder.h"

#include <bit>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/array_shape.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/container_shape.h"
#include "server/postgres/codec/decimal.h"
#include "server/postgres/codec/literal_encoder.h"
#include "server/postgres/codec/numeric_binary.h"
#include "server/postgres/codec/refusal.h"
#include "server/postgres/codec/value_conversion.h"

namespace sluice::postgres {
namespace {

constexpr int32_t kNullLength = -1;
constexpr char kJsonbVersion = 1;

template <typename Wire, typename From>
absl::Status AppendInt(const absl::StatusOr<From>& from, std::string& out) {
  if (!from.ok()) return from.status();
  AppendBigEndian(static_cast<Wire>(*from), out);
  return absl::OkStatus();
}

template <typename Wire, typename Float>
absl::Status AppendFloat(const absl::StatusOr<Float>& from, std::string& out) {
  if (!from.ok()) return from.status();
  AppendBigEndian(std::bit_cast<Wire>(*from), out);
  return absl::OkStatus();
}

absl::Status AppendBytes(const absl::StatusOr<absl::string_view>& from,
                         std::string& out) {
  if (!from.ok()) return from.status();
  out.append(from->data(), from->size());
  return absl::OkStatus();
}

absl::Status AppendInterval(const absl::StatusOr<v1::Interval>& from,
                            std::string& out) {
  if (!from.ok()) return from.status();
  AppendBigEndian(int64_t{from->microseconds()}, out);
  AppendBigEndian(int32_t{from->days()}, out);
  AppendBigEndian(int32_t{from->months()}, out);
  return absl::OkStatus();
}

absl::Status AppendDecimal(const absl::StatusOr<std::string>& from,
                           std::string& out) {
  if (!from.ok()) return from.status();
  AppendNumeric(*ReadDecimal(*from), out);
  return absl::OkStatus();
}

absl::Status AppendText(const v1::Value& value, const TypeEntry& target,
                        size_t max_bytes, std::string& out) {
  if (value.has_text_value()) return AppendBytes(ToText(value, target), out);
  // What becomes text, such as a number.
  absl::StatusOr<std::string> literal =
      LiteralEncoder(max_bytes).Encode(value, target);
  if (!literal.ok()) return literal.status();
  out.append(*literal);
  return absl::OkStatus();
}

absl::Status AppendJson(const v1::Value& value, const TypeEntry& target,
                        std::string& out) {
  return AppendBytes(
      value.has_text_value() ? ToText(value, target) : ToJson(value, target),
      out);
}

}  // namespace

absl::Status BinaryEncoder::Append(const v1::Value& value,
                                   const TypeEntry& target) {
  return AppendScalar(value, BaseOf(target));
}

absl::Status BinaryEncoder::AppendScalar(const v1::Value& value,
                                         const TypeEntry& target) {
  switch (target.column_kind) {
    case ColumnKind::kBool:
      return AppendInt<uint8_t>(ToBool(value, target), out_);
    case ColumnKind::kInt2:
      return AppendInt<int16_t>(ToInteger(value, target), out_);
    case ColumnKind::kInt4:
      return AppendInt<int32_t>(ToInteger(value, target), out_);
    case ColumnKind::kOid:
      return AppendInt<uint32_t>(ToInteger(value, target), out_);
    case ColumnKind::kInt8:
      return AppendInt<int64_t>(ToInteger(value, target), out_);
    case ColumnKind::kFloat4:
      return AppendFloat<uint32_t>(ToFloat4(value, target), out_);
    case ColumnKind::kFloat8:
      return AppendFloat<uint64_t>(ToFloat8(value, target), out_);
    case ColumnKind::kNumeric:
      return AppendDecimal(ToNumericText(value, target), out_);
    case ColumnKind::kText:
      return AppendText(value, target, max_bytes_, out_);
    case ColumnKind::kChar:
      return AppendInt<char>(ToChar(value, target), out_);
    case ColumnKind::kEnum:
      return AppendBytes(ToText(value, target), out_);
    case ColumnKind::kBytea:
      return AppendBytes(ToBytea(value, target), out_);
    case ColumnKind::kTimestamp:
    case ColumnKind::kTimestamptz:
      return AppendInt<int64_t>(ToTimestamp(value, target), out_);
    case ColumnKind::kDate:
      return AppendInt<int32_t>(ToDate(value, target), out_);
    case ColumnKind::kTime:
      return AppendInt<int64_t>(ToTime(value, target), out_);
    case ColumnKind::kInterval:
      return AppendInterval(ToInterval(value, target), out_);
    case ColumnKind::kUuid:
      return AppendBytes(ToUuid(value, target), out_);
    case ColumnKind::kJsonb:
      out_.push_back(kJsonbVersion);
      return AppendJson(value, target, out_);
    case ColumnKind::kJson:
      return AppendJson(value, target, out_);
    default:
      return AppendContainer(value, target);
  }
}

absl::Status BinaryEncoder::AppendContainer(const v1::Value& value,
                                            const TypeEntry& target) {
  if (++depth_ > kMaxValueDepth) return RefuseDepth();
  absl::Status status;
  switch (value.kind_case()) {
    case v1::Value::kArrayValue:
      status = AppendArray(value.array_value(), *target.element);
      break;
    case v1::Value::kCompositeValue:
      status = AppendComposite(value.composite_value(), target);
      break;
    case v1::Value::kRangeValue:
      status = AppendRange(value.range_value(), *target.element);
      break;
    case v1::Value::kMultirangeValue:
      status = AppendMultirange(value.multirange_value(), *target.element);
      break;
    default:
      status = RefuseType(value, target);
  }
  --depth_;
  return status;
}

// array_recv: how many dimensions, whether there are NULLs, the OID of the
// elements' type, each dimension, then the elements.
absl::Status BinaryEncoder::AppendArray(const v1::ArrayValue& array,
                                        const TypeEntry& element) {
  absl::StatusOr<ArrayShape> shape = ArrayShape::Make(array);
  if (!shape.ok()) return shape.status();
  const bool is_empty = array.elements().empty();
  AppendBigEndian(is_empty ? 0 : shape->dimension_count(), out_);
  const size_t has_null_at = out_.size();
  AppendBigEndian(int32_t{0}, out_);
  // That of a domain for a domain.
  AppendBigEndian(element.oid, out_);
  if (is_empty) return absl::OkStatus();
  shape->AppendDimensions(out_);
  bool has_null = false;
  for (int i = 0; i < array.elements_size(); ++i) {
    absl::Status status = CheckElement(array.elements(i), &element);
    if (status.ok()) status = AppendPart(array.elements(i), element);
    if (!status.ok()) return AtPart(status, absl::StrCat("element ", i + 1));
    has_null |= array.elements(i).has_null_value();
  }
  if (has_null) StoreBigEndian(int32_t{1}, out_.data() + has_null_at);
  return absl::OkStatus();
}

// record_recv: how many fields, then of each the OID of its type, and the
// value.
absl::Status BinaryEncoder::AppendComposite(const v1::CompositeValue& composite,
                                            const TypeEntry& target) {
  if (absl::Status status = CheckFieldCount(composite, target); !status.ok()) {
    return status;
  }
  AppendBigEndian(int32_t{composite.fields_size()}, out_);
  for (int i = 0; i < composite.fields_size(); ++i) {
    const TypeEntry& type = *FieldType(target, i);
    AppendBigEndian(type.oid, out_);
    absl::Status status = AppendPart(composite.fields(i), type);
    if (!status.ok()) return AtPart(status, FieldName(target, i));
  }
  return absl::OkStatus();
}

// range_recv: flags, then the bounds that are there.
absl::Status BinaryEncoder::AppendRange(const v1::RangeValue& range,
                                        const TypeEntry& bound) {
  absl::StatusOr<RangeBounds> bounds = RangeBounds::Make(range);
  if (!bounds.ok()) return bounds.status();
  AppendBigEndian(bounds->flags(), out_);
  if (bounds->lower() != nullptr) {
    absl::Status status = AppendPart(*bounds->lower(), bound);
    if (!status.ok()) return AtPart(status, "lower bound");
  }
  if (bounds->upper() != nullptr) {
    absl::Status status = AppendPart(*bounds->upper(), bound);
    if (!status.ok()) return AtPart(status, "upper bound");
  }
  return absl::OkStatus();
}

// multirange_recv: how many ranges, then of each its length, and the range.
absl::Status BinaryEncoder::AppendMultirange(
    const v1::MultirangeValue& multirange, const TypeEntry& range) {
  AppendBigEndian(int32_t{multirange.ranges_size()}, out_);
  for (int i = 0; i < multirange.ranges_size(); ++i) {
    const size_t start = out_.size();
    AppendBigEndian(int32_t{0}, out_);
    absl::Status status = AppendRange(multirange.ranges(i), *range.element);
    if (status.ok()) status = CheckSize();
    if (!status.ok()) return AtPart(status, absl::StrCat("range ", i + 1));
    StoreBigEndian(static_cast<int32_t>(out_.size() - start - sizeof(int32_t)),
                   out_.data() + start);
  }
  return absl::OkStatus();
}

absl::Status BinaryEncoder::AppendPart(const v1::Value& value,
                                       const TypeEntry& type) {
  if (value.kind_case() == v1::Value::KIND_NOT_SET) return RefuseUnset();
  const size_t start = out_.size();
  AppendBigEndian(kNullLength, out_);
  if (!value.has_null_value()) {
    absl::Status status = Append(value, type);
    if (!status.ok()) return status;
    StoreBigEndian(static_cast<int32_t>(out_.size() - start - sizeof(int32_t)),
                   out_.data() + start);
  }
  return CheckSize();
}

absl::Status BinaryEncoder::CheckSize() const {
  return out_.size() - start_ > max_bytes_ ? RefuseSize(max_bytes_)
                                           : absl::OkStatus();
}

}  // namespace sluice::postgres

// Choice of the format of each parameter, and the binary forms.

#include "server/postgres/codec/parameter_encoder.h"

#include <bit>
#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/literal_encoder.h"
#include "server/postgres/codec/refusal.h"
#include "server/postgres/codec/value_conversion.h"

namespace sluice::postgres {
namespace {

constexpr int32_t kNullLength = -1;

// Binary where it is shorter or cheaper for PostgreSQL to read. For a name it
// also makes PostgreSQL refuse what is too long, which in text it would cut.
WireFormat FormatOf(const v1::Value& value, ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kText:
      return WireFormat::kBinary;
    case ColumnKind::kNumeric:
    case ColumnKind::kChar:
    case ColumnKind::kEnum:
    case ColumnKind::kJson:
    case ColumnKind::kJsonb:
    case ColumnKind::kArray:
      return WireFormat::kText;
    default:
      // The other kinds are written as literals.
      if (kind > ColumnKind::kArray) return WireFormat::kText;
      return value.has_text_value() ? WireFormat::kText : WireFormat::kBinary;
  }
}

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

absl::Status AppendLiteral(const v1::Value& value, const TypeEntry& target,
                           size_t max_bytes, std::string& out) {
  if (value.has_text_value()) return AppendBytes(ToText(value, target), out);
  absl::StatusOr<std::string> literal =
      LiteralEncoder(max_bytes).Encode(value, target);
  if (!literal.ok()) return literal.status();
  out.append(*literal);
  return absl::OkStatus();
}

absl::Status AppendBinary(const v1::Value& value, const TypeEntry& target,
                          size_t max_bytes, std::string& out) {
  switch (target.column_kind) {
    case ColumnKind::kBool:
      return AppendInt<uint8_t>(ToBool(value, target), out);
    case ColumnKind::kInt2:
      return AppendInt<int16_t>(ToInteger(value, target), out);
    case ColumnKind::kInt4:
      return AppendInt<int32_t>(ToInteger(value, target), out);
    case ColumnKind::kOid:
      return AppendInt<uint32_t>(ToInteger(value, target), out);
    case ColumnKind::kInt8:
      return AppendInt<int64_t>(ToInteger(value, target), out);
    case ColumnKind::kFloat4:
      return AppendFloat<uint32_t>(ToFloat4(value, target), out);
    case ColumnKind::kFloat8:
      return AppendFloat<uint64_t>(ToFloat8(value, target), out);
    case ColumnKind::kBytea:
      return AppendBytes(ToBytea(value, target), out);
    case ColumnKind::kTimestamp:
    case ColumnKind::kTimestamptz:
      return AppendInt<int64_t>(ToTimestamp(value, target), out);
    case ColumnKind::kDate:
      return AppendInt<int32_t>(ToDate(value, target), out);
    case ColumnKind::kTime:
      return AppendInt<int64_t>(ToTime(value, target), out);
    case ColumnKind::kInterval:
      return AppendInterval(ToInterval(value, target), out);
    case ColumnKind::kUuid:
      return AppendBytes(ToUuid(value, target), out);
    default:
      // The binary form of the text kinds is their text.
      return AppendLiteral(value, target, max_bytes, out);
  }
}

// The value, with its length in front.
absl::Status AppendSized(const v1::Value& value, const TypeEntry& target,
                         WireFormat format, size_t max_bytes,
                         std::string& out) {
  if (value.kind_case() == v1::Value::KIND_NOT_SET) {
    return RefuseMalformed("it has no value; a NULL is said with null_value");
  }
  const size_t start = out.size();
  AppendBigEndian(kNullLength, out);
  if (value.has_null_value()) return absl::OkStatus();
  absl::Status status = format == WireFormat::kText
                            ? AppendLiteral(value, target, max_bytes, out)
                            : AppendBinary(value, target, max_bytes, out);
  if (!status.ok()) return status;
  const size_t byte_count = out.size() - start - sizeof(kNullLength);
  if (byte_count > max_bytes ||
      byte_count > std::numeric_limits<int32_t>::max()) {
    return RefuseSize(max_bytes);
  }
  StoreBigEndian(static_cast<int32_t>(byte_count), out.data() + start);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<WireFormat> EncodeParameter(const v1::Value& value,
                                           const TypeEntry& type, int number,
                                           size_t max_bytes, std::string& out) {
  const TypeEntry& target = BaseOf(type);
  const WireFormat format = FormatOf(value, target.column_kind);
  const size_t start = out.size();
  if (absl::Status status = AppendSized(value, target, format, max_bytes, out);
      !status.ok()) {
    out.resize(start);
    return AtParameter(status, number);
  }
  return format;
}

}  // namespace sluice::postgres

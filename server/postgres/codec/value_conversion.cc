// The rules of what becomes what.

#include "server/postgres/codec/value_conversion.h"

#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/decimal.h"
#include "server/postgres/codec/epoch.h"
#include "server/postgres/codec/literal_text.h"
#include "server/postgres/codec/numeric_binary.h"
#include "server/postgres/codec/refusal.h"

namespace sluice::postgres {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kMaxShownBytes = 40;
constexpr uint32_t kNameOid = 19;
// NAMEDATALEN less the NUL.
constexpr size_t kMaxNameBytes = 63;

struct Range {
  int64_t lowest;
  int64_t highest;
};

Range RangeOf(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kInt2:
      return {std::numeric_limits<int16_t>::min(),
              std::numeric_limits<int16_t>::max()};
    case ColumnKind::kInt4:
      return {std::numeric_limits<int32_t>::min(),
              std::numeric_limits<int32_t>::max()};
    case ColumnKind::kOid:
      return {0, std::numeric_limits<uint32_t>::max()};
    default:
      return {std::numeric_limits<int64_t>::min(),
              std::numeric_limits<int64_t>::max()};
  }
}

// Of the built-in types that travel as text but are numbers.
std::optional<Range> RangeOfBuiltin(uint32_t oid) {
  switch (oid) {
    case 28:    // xid
    case 29:    // cid
    case 24:    // regproc and what else names an object by its OID
    case 2202:  // regprocedure
    case 2203:  // regoper
    case 2204:  // regoperator
    case 2205:  // regclass
    case 2206:  // regtype
    case 3734:  // regconfig
    case 3769:  // regdictionary
    case 4089:  // regnamespace
    case 4096:  // regrole
    case 4191:  // regcollation
      return Range{0, std::numeric_limits<uint32_t>::max()};
    case 5069:  // xid8
      return Range{0, std::numeric_limits<int64_t>::max()};
    case 790:  // money, of which a fraction would be read by lc_monetary
      return Range{std::numeric_limits<int64_t>::min(),
                   std::numeric_limits<int64_t>::max()};
    default:
      return std::nullopt;
  }
}

// Of a backslash and three octal digits.
std::optional<char> OctalByte(absl::string_view text) {
  if (text.size() != 4 || text[0] != '\\' || text[1] > '3') {
    return std::nullopt;
  }
  int byte = 0;
  for (char c : text.substr(1)) {
    if (c < '0' || c > '7') return std::nullopt;
    byte = byte * 8 + (c - '0');
  }
  return static_cast<char>(byte);
}

// A number of a message; a numeric can have a hundred thousand digits.
std::string Shown(absl::string_view number) {
  if (number.size() <= kMaxShownBytes) return std::string(number);
  return absl::StrCat(number.substr(0, kMaxShownBytes), "...");
}

absl::Status RefuseNumeric() {
  return RefuseMalformed("the numeric is not a decimal number");
}

absl::StatusOr<Decimal> ParseNumeric(const v1::Value& value) {
  std::optional<Decimal> decimal = ParseDecimal(value.numeric_value());
  if (!decimal.has_value()) return RefuseNumeric();
  return *std::move(decimal);
}

absl::StatusOr<absl::string_view> CheckNoNul(absl::string_view text) {
  if (text.find('\0') != absl::string_view::npos) {
    return RefuseMalformed("the text holds a NUL");
  }
  return text;
}

std::optional<int64_t> IntegerOf(double number) {
  // 2^63, the first double beyond int64.
  constexpr double kEnd = 9223372036854775808.0;
  if (!(number >= -kEnd && number < kEnd) || number != std::trunc(number)) {
    return std::nullopt;
  }
  return static_cast<int64_t>(number);
}

template <typename Float>
bool IsExact(int64_t integer, Float number) {
  return IntegerOf(static_cast<double>(number)) == integer;
}

template <typename Float>
bool SaysTheSame(const Decimal& decimal, Float number) {
  if (std::isnan(number) || std::isinf(number)) {
    return decimal.number_class == (std::isnan(number)
                                        ? Decimal::Class::kNan
                                        : Decimal::Class::kInfinity);
  }
  return decimal == ShortestDecimal(number) || decimal == ExactDecimal(number);
}

// The number narrowed; only a float4 can differ from a double.
absl::StatusOr<float> NarrowDouble(double number, const TypeEntry& target) {
  const float narrowed = static_cast<float>(number);
  if (std::isnan(number) || static_cast<double>(narrowed) == number ||
      (!std::isinf(narrowed) &&
       ShortestDecimal(narrowed) == ShortestDecimal(number))) {
    return narrowed;
  }
  return RefuseLoss(ShortestText(number), target);
}

}  // namespace

absl::StatusOr<bool> ToBool(const v1::Value& value, const TypeEntry& target) {
  if (!value.has_bool_value()) return RefuseType(value, target);
  return value.bool_value();
}

absl::StatusOr<int64_t> ToInteger(const v1::Value& value,
                                  const TypeEntry& target) {
  std::optional<int64_t> integer;
  std::string shown;
  switch (value.kind_case()) {
    case v1::Value::kInt64Value:
      integer = value.int64_value();
      shown = absl::StrCat(value.int64_value());
      break;
    case v1::Value::kDoubleValue:
      integer = IntegerOf(value.double_value());
      shown = ShortestText(value.double_value());
      break;
    case v1::Value::kNumericValue: {
      absl::StatusOr<Decimal> decimal = ParseNumeric(value);
      if (!decimal.ok()) return decimal.status();
      integer = ToInt64(*decimal);
      shown = Shown(value.numeric_value());
      break;
    }
    default:
      return RefuseType(value, target);
  }
  const Range range = RangeOf(target.column_kind);
  if (!integer.has_value() || *integer < range.lowest ||
      *integer > range.highest) {
    return RefuseLoss(shown, target);
  }
  return *integer;
}

absl::StatusOr<float> ToFloat4(const v1::Value& value,
                               const TypeEntry& target) {
  switch (value.kind_case()) {
    case v1::Value::kInt64Value: {
      const float number = static_cast<float>(value.int64_value());
      if (IsExact(value.int64_value(), number)) return number;
      return RefuseLoss(absl::StrCat(value.int64_value()), target);
    }
    case v1::Value::kDoubleValue:
      return NarrowDouble(value.double_value(), target);
    case v1::Value::kNumericValue: {
      absl::StatusOr<Decimal> decimal = ParseNumeric(value);
      if (!decimal.ok()) return decimal.status();
      const float number = ToFloat4(*decimal);
      if (SaysTheSame(*decimal, number)) return number;
      return RefuseLoss(Shown(value.numeric_value()), target);
    }
    default:
      return RefuseType(value, target);
  }
}

absl::StatusOr<double> ToFloat8(const v1::Value& value,
                                const TypeEntry& target) {
  switch (value.kind_case()) {
    case v1::Value::kInt64Value: {
      const double number = static_cast<double>(value.int64_value());
      if (IsExact(value.int64_value(), number)) return number;
      return RefuseLoss(absl::StrCat(value.int64_value()), target);
    }
    case v1::Value::kDoubleValue:
      return value.double_value();
    case v1::Value::kNumericValue: {
      absl::StatusOr<Decimal> decimal = ParseNumeric(value);
      if (!decimal.ok()) return decimal.status();
      const double number = ToFloat8(*decimal);
      if (SaysTheSame(*decimal, number)) return number;
      return RefuseLoss(Shown(value.numeric_value()), target);
    }
    default:
      return RefuseType(value, target);
  }
}

absl::StatusOr<std::string> ToNumericText(const v1::Value& value,
                                          const TypeEntry& target) {
  switch (value.kind_case()) {
    case v1::Value::kInt64Value:
      return absl::StrCat(value.int64_value());
    case v1::Value::kDoubleValue:
      return ShortestText(value.double_value());
    case v1::Value::kNumericValue: {
      const std::optional<DecimalText> decimal =
          ReadDecimal(value.numeric_value());
      if (!decimal.has_value()) return RefuseNumeric();
      if (target.column_kind == ColumnKind::kNumeric &&
          !FitsNumeric(*decimal)) {
        return RefuseLoss(Shown(value.numeric_value()), target);
      }
      return value.numeric_value();
    }
    default:
      return RefuseType(value, target);
  }
}

absl::StatusOr<int64_t> ToTimestamp(const v1::Value& value,
                                    const TypeEntry& target) {
  if (value.has_timestamp_value()) {
    const int64_t micros = value.timestamp_value();
    if (micros == kTimestampInfinity || micros == kTimestampMinusInfinity) {
      return micros;
    }
    // The other limit lies beyond int64.
    if (micros < kFirstTimestampMicros + kEpochShiftMicros) {
      return RefuseLoss("a timestamp before 4714-11-24 BC", target);
    }
    return micros - kEpochShiftMicros;
  }
  // In which zone a day begins is not for us to say.
  if (!value.has_date_value() || target.column_kind != ColumnKind::kTimestamp) {
    return RefuseType(value, target);
  }
  absl::StatusOr<int32_t> days = ToDate(value, target);
  if (!days.ok()) return days.status();
  if (*days == kDateInfinity) return kTimestampInfinity;
  if (*days == kDateMinusInfinity) return kTimestampMinusInfinity;
  if (*days >= kEndTimestampDay) {
    return RefuseLoss("a date after 294276-12-31", target);
  }
  return *days * kMicrosPerDay;
}

absl::StatusOr<int32_t> ToDate(const v1::Value& value,
                               const TypeEntry& target) {
  if (!value.has_date_value()) return RefuseType(value, target);
  const int32_t days = value.date_value();
  if (days == kDateInfinity || days == kDateMinusInfinity) return days;
  if (days < kFirstDay + kEpochShiftDays) {
    return RefuseLoss("a date before 4714-11-24 BC", target);
  }
  if (days >= kEndDay + kEpochShiftDays) {
    return RefuseLoss("a date after 5874897-12-31", target);
  }
  return days - kEpochShiftDays;
}

absl::StatusOr<int64_t> ToTime(const v1::Value& value,
                               const TypeEntry& target) {
  if (!value.has_time_value()) return RefuseType(value, target);
  if (value.time_value() < 0 || value.time_value() > kMicrosPerDay) {
    return RefuseLoss(absl::StrCat(value.time_value(), " microseconds"),
                      target);
  }
  return value.time_value();
}

absl::StatusOr<v1::Interval> ToInterval(const v1::Value& value,
                                        const TypeEntry& target) {
  if (!value.has_interval_value()) return RefuseType(value, target);
  return value.interval_value();
}

absl::StatusOr<absl::string_view> ToBytea(const v1::Value& value,
                                          const TypeEntry& target) {
  if (!value.has_bytes_value()) return RefuseType(value, target);
  return absl::string_view(value.bytes_value());
}

absl::StatusOr<absl::string_view> ToUuid(const v1::Value& value,
                                         const TypeEntry& target) {
  if (!value.has_uuid_value()) return RefuseType(value, target);
  if (value.uuid_value().size() != kUuidBytes) {
    return RefuseMalformed(
        absl::StrCat("a UUID has 16 bytes, not ", value.uuid_value().size()));
  }
  return absl::string_view(value.uuid_value());
}

absl::StatusOr<absl::string_view> ToJson(const v1::Value& value,
                                         const TypeEntry& target) {
  if (!value.has_json_value()) return RefuseType(value, target);
  return CheckNoNul(value.json_value());
}

absl::StatusOr<absl::string_view> ToText(const v1::Value& value,
                                         const TypeEntry& target) {
  if (!value.has_text_value()) return RefuseType(value, target);
  const std::string& text = value.text_value();
  absl::Status fits = CheckTextFits(text, target);
  if (!fits.ok()) return fits;
  return CheckNoNul(text);
}

absl::Status CheckTextFits(absl::string_view text, const TypeEntry& target) {
  if (target.oid != kNameOid || text.size() <= kMaxNameBytes) {
    return absl::OkStatus();
  }
  return RefuseLoss(absl::StrCat("a text of ", text.size(), " bytes"), target);
}

absl::StatusOr<char> ToChar(const v1::Value& value, const TypeEntry& target) {
  absl::StatusOr<absl::string_view> text = ToText(value, target);
  if (!text.ok()) return text.status();
  if (text->empty()) return '\0';
  if (text->size() == 1) return text->front();
  const std::optional<char> byte = OctalByte(*text);
  if (byte.has_value()) return *byte;
  return RefuseLoss(absl::StrCat("a text of ", text->size(), " bytes"), target);
}

absl::StatusOr<std::string> ToOtherText(const v1::Value& value,
                                        const TypeEntry& target) {
  if (target.kind != v1::TYPE_KIND_BASE &&
      target.kind != v1::TYPE_KIND_UNSPECIFIED) {
    return RefuseType(value, target);
  }
  if (FindBuiltinType(target.oid) == nullptr) {
    return ToNumericText(value, target);
  }
  const std::optional<Range> range = RangeOfBuiltin(target.oid);
  if (!range.has_value()) return RefuseType(value, target);
  absl::StatusOr<int64_t> integer = ToInteger(value, target);
  if (!integer.ok()) return integer.status();
  if (*integer < range->lowest || *integer > range->highest) {
    return RefuseLoss(absl::StrCat(*integer), target);
  }
  return absl::StrCat(*integer);
}

}  // namespace sluice::postgres

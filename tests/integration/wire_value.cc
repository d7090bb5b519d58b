#include "tests/integration/wire_value.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

// Between 1970-01-01 and 2000-01-01.
constexpr int64_t kEpochDays = 10'957;
constexpr int64_t kEpochMicros = kEpochDays * 86'400'000'000;

// Reads big-endian numbers and runs of bytes.
class WireBytes {
 public:
  explicit WireBytes(const std::string& bytes) : bytes_(bytes) {}

  uint64_t Take(size_t byte_count) {
    uint64_t number = 0;
    for (size_t i = 0; i < byte_count; ++i) {
      number = number << 8 | static_cast<unsigned char>(bytes_.at(next_++));
    }
    return number;
  }
  int16_t Int16() { return static_cast<int16_t>(Take(2)); }
  int32_t Int32() { return static_cast<int32_t>(Take(4)); }
  int64_t Int64() { return static_cast<int64_t>(Take(8)); }

  std::string Text(size_t byte_count) {
    const std::string text = bytes_.substr(next_, byte_count);
    next_ += byte_count;
    return text;
  }
  std::string Rest() { return Text(bytes_.size() - next_); }

  // With its length in front; nothing for NULL.
  std::optional<std::string> Sized() {
    const int32_t byte_count = Int32();
    if (byte_count < 0) return std::nullopt;
    return Text(static_cast<size_t>(byte_count));
  }

 private:
  const std::string& bytes_;
  size_t next_ = 0;
};

// Groups of four digits, the first of them `weight` groups before the point.
std::string NumericText(WireBytes bytes) {
  const int group_count = bytes.Int16();
  const int weight = bytes.Int16();
  const auto sign = static_cast<uint16_t>(bytes.Take(2));
  const int scale = bytes.Int16();
  if (sign == 0xc000) return "NaN";
  if (sign == 0xd000) return "Infinity";
  if (sign == 0xf000) return "-Infinity";
  std::string digits;
  for (int i = 0; i < group_count; ++i) {
    absl::StrAppendFormat(&digits, "%04d", bytes.Int16());
  }
  const auto digit_at = [&](int place) {
    const int index = (weight + 1) * 4 - 1 - place;
    return index >= 0 && index < static_cast<int>(digits.size())
               ? digits[static_cast<size_t>(index)]
               : '0';
  };
  std::string text = sign == 0x4000 ? "-" : "";
  int place = std::max(weight * 4 + 3, 0);
  while (place > 0 && digit_at(place) == '0') --place;
  for (; place >= 0; --place) text += digit_at(place);
  if (scale > 0) text += '.';
  for (; place >= -scale; --place) text += digit_at(place);
  return text;
}

int64_t Timestamp(int64_t micros) {
  const bool is_infinite = micros == std::numeric_limits<int64_t>::max() ||
                           micros == std::numeric_limits<int64_t>::min();
  return is_infinite ? micros : micros + kEpochMicros;
}

int32_t Date(int32_t days) {
  const bool is_infinite = days == std::numeric_limits<int32_t>::max() ||
                           days == std::numeric_limits<int32_t>::min();
  return is_infinite ? days : days + static_cast<int32_t>(kEpochDays);
}

v1::Interval Interval(WireBytes bytes) {
  v1::Interval interval;
  interval.set_microseconds(bytes.Int64());
  interval.set_days(bytes.Int32());
  interval.set_months(bytes.Int32());
  return interval;
}

std::string CharText(unsigned char byte) {
  if (byte == 0) return "";
  return byte < 128 ? std::string(1, static_cast<char>(byte))
                    : absl::StrFormat("\\%03o", byte);
}

void ReadNumber(const std::string& type, WireBytes bytes, v1::Value& value) {
  if (type == "bool") value.set_bool_value(bytes.Take(1) != 0);
  if (type == "int2") value.set_int64_value(bytes.Int16());
  if (type == "int4") value.set_int64_value(bytes.Int32());
  if (type == "int8") value.set_int64_value(bytes.Int64());
  if (type == "oid" || type == "xid" || type == "cid") {
    value.set_int64_value(static_cast<int64_t>(bytes.Take(4)));
  }
  if (type == "float4") {
    value.set_double_value(static_cast<double>(
        std::bit_cast<float>(static_cast<uint32_t>(bytes.Take(4)))));
  }
  if (type == "float8") {
    value.set_double_value(std::bit_cast<double>(bytes.Take(8)));
  }
  if (type == "numeric") value.set_numeric_value(NumericText(bytes));
}

void ReadScalar(const std::string& type, const std::string& wire,
                v1::Value& value) {
  WireBytes bytes(wire);
  ReadNumber(type, bytes, value);
  if (type == "date") value.set_date_value(Date(bytes.Int32()));
  if (type == "time") value.set_time_value(bytes.Int64());
  if (type == "timestamp" || type == "timestamptz") {
    value.set_timestamp_value(Timestamp(bytes.Int64()));
  }
  if (type == "interval") *value.mutable_interval_value() = Interval(bytes);
  if (type == "uuid") value.set_uuid_value(wire);
  if (type == "bytea") value.set_bytes_value(wire);
  if (type == "json") value.set_json_value(wire);
  if (type == "jsonb") value.set_json_value(wire.substr(1));
  if (type == "char") {
    value.set_text_value(CharText(static_cast<unsigned char>(wire.at(0))));
  }
  for (const char* text :
       {"text", "varchar", "bpchar", "name", "xml", "refcursor"}) {
    if (type == text) value.set_text_value(wire);
  }
}

v1::Value ReadPart(const CatalogTypes& types, uint32_t oid,
                   const std::optional<std::string>& bytes) {
  return bytes.has_value() ? ReadWireValue(types, oid, *bytes) : Null();
}

v1::ArrayValue ReadArray(const CatalogTypes& types, WireBytes bytes) {
  v1::ArrayValue array;
  const int32_t dimension_count = bytes.Int32();
  bytes.Int32();
  const auto element_oid = static_cast<uint32_t>(bytes.Int32());
  int64_t count = dimension_count == 0 ? 0 : 1;
  for (int32_t i = 0; i < dimension_count; ++i) {
    array.add_lengths(bytes.Int32());
    array.add_lower_bounds(bytes.Int32());
    count *= array.lengths(i);
  }
  // As PostgreSQL sends an empty oidvector; a result of the API says no shape.
  if (count == 0) array.Clear();
  for (int64_t i = 0; i < count; ++i) {
    *array.add_elements() = ReadPart(types, element_oid, bytes.Sized());
  }
  return array;
}

v1::CompositeValue ReadComposite(const CatalogTypes& types, WireBytes bytes) {
  v1::CompositeValue composite;
  for (int32_t count = bytes.Int32(); count > 0; --count) {
    const auto oid = static_cast<uint32_t>(bytes.Int32());
    *composite.add_fields() = ReadPart(types, oid, bytes.Sized());
  }
  return composite;
}

v1::RangeValue ReadRange(const CatalogTypes& types, uint32_t bound_oid,
                         WireBytes bytes) {
  v1::RangeValue range;
  const uint64_t flags = bytes.Take(1);
  range.set_empty((flags & 0x01) != 0);
  range.set_lower_inclusive((flags & 0x02) != 0);
  range.set_upper_inclusive((flags & 0x04) != 0);
  if ((flags & (0x01 | 0x08)) == 0) {
    *range.mutable_lower() = ReadPart(types, bound_oid, bytes.Sized());
  }
  if ((flags & (0x01 | 0x10)) == 0) {
    *range.mutable_upper() = ReadPart(types, bound_oid, bytes.Sized());
  }
  return range;
}

v1::MultirangeValue ReadMultirange(const CatalogTypes& types,
                                   uint32_t range_oid, WireBytes bytes) {
  v1::MultirangeValue multirange;
  for (int32_t count = bytes.Int32(); count > 0; --count) {
    const std::string range = *bytes.Sized();
    *multirange.add_ranges() =
        ReadRange(types, types.at(range_oid).inner_oid, WireBytes(range));
  }
  return multirange;
}

bool MatchesArray(const v1::ArrayValue& expected,
                  const v1::ArrayValue& actual) {
  const bool is_said = !actual.lengths().empty();
  const bool is_plain =
      expected.lengths().empty() ||
      (expected.lengths_size() == 1 && expected.lower_bounds(0) == 1);
  if (!is_said && !is_plain) return false;
  return expected.elements_size() == actual.elements_size() &&
         (!is_said ||
          (std::equal(expected.lengths().begin(), expected.lengths().end(),
                      actual.lengths().begin(), actual.lengths().end()) &&
           std::equal(
               expected.lower_bounds().begin(), expected.lower_bounds().end(),
               actual.lower_bounds().begin(), actual.lower_bounds().end()))) &&
         std::equal(expected.elements().begin(), expected.elements().end(),
                    actual.elements().begin(), Matches);
}

bool MatchesRange(const v1::RangeValue& expected,
                  const v1::RangeValue& actual) {
  return expected.empty() == actual.empty() &&
         expected.lower_inclusive() == actual.lower_inclusive() &&
         expected.upper_inclusive() == actual.upper_inclusive() &&
         expected.has_lower() == actual.has_lower() &&
         expected.has_upper() == actual.has_upper() &&
         Matches(expected.lower(), actual.lower()) &&
         Matches(expected.upper(), actual.upper());
}

}  // namespace

v1::Value ReadWireValue(const CatalogTypes& types, uint32_t oid,
                        const std::string& bytes) {
  v1::Value value;
  const CatalogType& type = types.at(oid);
  switch (type.kind) {
    case 'a':
      *value.mutable_array_value() = ReadArray(types, WireBytes(bytes));
      break;
    case 'c':
      *value.mutable_composite_value() = ReadComposite(types, WireBytes(bytes));
      break;
    case 'd':
      return ReadWireValue(types, type.inner_oid, bytes);
    case 'e':
      value.set_text_value(bytes);
      break;
    case 'm':
      *value.mutable_multirange_value() =
          ReadMultirange(types, type.inner_oid, WireBytes(bytes));
      break;
    case 'r':
      *value.mutable_range_value() =
          ReadRange(types, type.inner_oid, WireBytes(bytes));
      break;
    default:
      if (type.catalog_name == "int2vector" ||
          type.catalog_name == "oidvector") {
        *value.mutable_array_value() = ReadArray(types, WireBytes(bytes));
      } else {
        ReadScalar(type.catalog_name, bytes, value);
      }
  }
  return value;
}

bool Matches(const v1::Value& expected, const v1::Value& actual) {
  if (expected.kind_case() == v1::Value::KIND_NOT_SET) return true;
  if (expected.kind_case() != actual.kind_case()) return false;
  switch (expected.kind_case()) {
    case v1::Value::kArrayValue:
      return MatchesArray(expected.array_value(), actual.array_value());
    case v1::Value::kCompositeValue: {
      const auto& fields = expected.composite_value().fields();
      const auto& others = actual.composite_value().fields();
      return std::equal(fields.begin(), fields.end(), others.begin(),
                        others.end(), Matches);
    }
    case v1::Value::kRangeValue:
      return MatchesRange(expected.range_value(), actual.range_value());
    case v1::Value::kMultirangeValue: {
      const auto& ranges = expected.multirange_value().ranges();
      const auto& others = actual.multirange_value().ranges();
      return std::equal(ranges.begin(), ranges.end(), others.begin(),
                        others.end(), MatchesRange);
    }
    default:
      return SameValue(expected, actual);
  }
}

}  // namespace sluice::testing

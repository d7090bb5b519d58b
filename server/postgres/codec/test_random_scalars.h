// Random parameters of scalar types for tests, in the form in which results say
// them.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TEST_RANDOM_SCALARS_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TEST_RANDOM_SCALARS_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/postgres/codec/epoch.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

class RandomScalars {
 public:
  explicit RandomScalars(uint64_t seed) : random_(seed) {}

  size_t Below(size_t end) { return random_() % end; }

  // No NULL. A kind that is not known takes a text.
  void Fill(ColumnKind kind, v1::Value& value) {
    switch (kind) {
      case ColumnKind::kBool:
        return value.set_bool_value(Below(2) == 0);
      case ColumnKind::kInt2:
        return value.set_int64_value(static_cast<int16_t>(Integer()));
      case ColumnKind::kInt4:
        return value.set_int64_value(static_cast<int32_t>(Integer()));
      case ColumnKind::kInt8:
        return value.set_int64_value(Integer());
      case ColumnKind::kOid:
        return value.set_int64_value(static_cast<uint32_t>(Integer()));
      case ColumnKind::kFloat4:
        return value.set_double_value(static_cast<double>(AnyFloat<float>()));
      case ColumnKind::kFloat8:
        return value.set_double_value(AnyFloat<double>());
      case ColumnKind::kNumeric:
        return value.set_numeric_value(Numeric());
      case ColumnKind::kChar:
        return value.set_text_value(
            PickOf<const char*>({"", "x", "\\", "\"", ",", " "}));
      case ColumnKind::kEnum:
        return value.set_text_value(PickOf<const char*>(
            {"sad", "so-so, really", "\"", "", "null", "caf\xC3\xA9"}));
      case ColumnKind::kBytea:
        return value.set_bytes_value(Bytes(Below(20)));
      case ColumnKind::kTimestamp:
      case ColumnKind::kTimestamptz:
        return value.set_timestamp_value(Timestamp());
      case ColumnKind::kDate:
        return value.set_date_value(Date());
      case ColumnKind::kTime:
        return value.set_time_value(PickOf<int64_t>(
            {0, kMicrosPerDay, static_cast<int64_t>(Below(kMicrosPerDay))}));
      case ColumnKind::kInterval:
        value.mutable_interval_value()->set_months(
            static_cast<int32_t>(Integer()));
        value.mutable_interval_value()->set_days(
            static_cast<int32_t>(Integer()));
        return value.mutable_interval_value()->set_microseconds(Integer());
      case ColumnKind::kUuid:
        return value.set_uuid_value(Bytes(16));
      case ColumnKind::kJson:
      case ColumnKind::kJsonb:
        return value.set_json_value(
            PickOf<const char*>({"{\"a\": [1, null, \"\\\"\\\\,\"]}", "null",
                                 "\"\"", "[]", "1.50"}));
      default:
        return value.set_text_value(Text());
    }
  }

 private:
  template <typename T>
  T PickOf(const std::vector<T>& choices) {
    return choices[Below(choices.size())];
  }

  // Of any magnitude, ends included.
  int64_t Integer() {
    using Limits = std::numeric_limits<int64_t>;
    if (Below(16) == 0) {
      return PickOf<int64_t>({0, -1, Limits::min(), Limits::max()});
    }
    return static_cast<int64_t>(random_()) >> Below(64);
  }

  template <typename Float>
  Float AnyFloat() {
    using Bits = std::conditional_t<sizeof(Float) == 4, uint32_t, uint64_t>;
    using Limits = std::numeric_limits<Float>;
    const Float number = std::bit_cast<Float>(static_cast<Bits>(random_()));
    if (std::isnan(number)) return Limits::quiet_NaN();
    if (Below(8) != 0) return number;
    return PickOf<Float>({Float{0}, -Float{0}, Limits::infinity(),
                          -Limits::infinity(), Limits::denorm_min(),
                          Limits::quiet_NaN()});
  }

  std::string Numeric() {
    if (Below(8) == 0) {
      return PickOf<const char*>({"NaN", "Infinity", "-Infinity", "0", "0.00"});
    }
    std::string text = Below(2) == 0 ? "-" : "";
    text.push_back(static_cast<char>('1' + Below(9)));
    text.append(Digits(Below(30)));
    if (Below(2) == 0) absl::StrAppend(&text, ".", Digits(1 + Below(30)));
    return text;
  }

  std::string Digits(size_t count) {
    std::string digits;
    while (digits.size() < count) {
      digits.push_back(
          static_cast<char>('0' + (Below(2) == 0 ? 0 : Below(10))));
    }
    return digits;
  }

  int64_t Timestamp() {
    if (Below(8) == 0) {
      return PickOf<int64_t>({kTimestampInfinity, kTimestampMinusInfinity,
                              kFirstTimestampMicros + kEpochShiftMicros});
    }
    return std::max(Integer(), kFirstTimestampMicros + kEpochShiftMicros);
  }

  int32_t Date() {
    if (Below(8) == 0) {
      return PickOf<int32_t>({kDateInfinity, kDateMinusInfinity});
    }
    return std::clamp(static_cast<int32_t>(Integer()),
                      kFirstDay + kEpochShiftDays,
                      kEndDay + kEpochShiftDays - 1);
  }

  std::string Bytes(size_t count) {
    std::string bytes;
    while (bytes.size() < count) {
      bytes.push_back(static_cast<char>(random_()));
    }
    return bytes;
  }

  // Of what the syntax of literals is made of.
  std::string Text() {
    std::string text;
    for (size_t i = Below(6); i > 0; --i) {
      text.append(PickOf<const char*>(
          {"a", "NULL", "\"", "\\", "{", "}", "(", ")", "[", "]", ",", ";", " ",
           "\n", "'", "\xC3\xA9", "\xF0\x9F\x98\x80", "empty"}));
    }
    return text;
  }

  std::mt19937_64 random_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TEST_RANDOM_SCALARS_H_

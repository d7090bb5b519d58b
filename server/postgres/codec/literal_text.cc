// Formatting of numbers, times and bytes.

#include "server/postgres/codec/literal_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "server/postgres/codec/epoch.h"

namespace sluice::postgres {
namespace {

// PostgreSQL goes over to an exponent outside of these.
constexpr int kMinFixedExponent = -4;
constexpr int kMaxFixedExponent = 14;

// Lays out digits of a value d.ddd * 10^exponent without an exponent.
std::string FixedText(absl::string_view digits, int exponent) {
  if (exponent < 0) {
    return absl::StrCat(
        "0.", std::string(static_cast<size_t>(-exponent - 1), '0'), digits);
  }
  const size_t integer_digits = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= integer_digits) {
    return absl::StrCat(digits,
                        std::string(integer_digits - digits.size(), '0'));
  }
  return absl::StrCat(digits.substr(0, integer_digits), ".",
                      digits.substr(integer_digits));
}

template <typename Float>
std::string ShortestFloatText(Float number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  char buffer[64];
  const auto result =
      std::to_chars(buffer, buffer + sizeof(buffer), std::abs(number),
                    std::chars_format::scientific);
  const absl::string_view text(buffer,
                               static_cast<size_t>(result.ptr - buffer));
  const char* const sign = std::signbit(number) ? "-" : "";
  const size_t mark = text.find('e');
  int exponent = 0;
  // to_chars always writes an exponent, with its sign.
  if (!absl::SimpleAtoi(text.substr(mark + 1), &exponent) ||
      exponent < kMinFixedExponent || exponent > kMaxFixedExponent) {
    return absl::StrCat(sign, text);
  }
  std::string digits(text.substr(0, 1));
  if (mark > 2) digits.append(buffer + 2, mark - 2);
  return absl::StrCat(sign, FixedText(digits, exponent));
}

struct DayText {
  std::string date;
  // " BC" or nothing.
  const char* era;
};

DayText DayTextOf(int64_t days_since_2000) {
  const absl::CivilDay day = absl::CivilDay(2000, 1, 1) + days_since_2000;
  // There is no year 0: 1 BC is the civil calendar's year 0.
  const bool is_before_christ = day.year() <= 0;
  const int64_t year = is_before_christ ? 1 - day.year() : day.year();
  return {absl::StrFormat("%04d-%02d-%02d", year, day.month(), day.day()),
          is_before_christ ? " BC" : ""};
}

// Hours, minutes, seconds and, where there are any, six decimals.
std::string ClockText(uint64_t micros) {
  const uint64_t seconds = micros / kMicrosPerSecond;
  const uint64_t fraction = micros % kMicrosPerSecond;
  std::string text = absl::StrFormat("%02d:%02d:%02d", seconds / 3600,
                                     seconds / 60 % 60, seconds % 60);
  if (fraction != 0) absl::StrAppendFormat(&text, ".%06d", fraction);
  return text;
}

std::string ZonedTimestampText(int64_t micros_since_2000,
                               absl::string_view zone) {
  if (micros_since_2000 == kTimestampInfinity) return "infinity";
  if (micros_since_2000 == kTimestampMinusInfinity) return "-infinity";
  int64_t days = micros_since_2000 / kMicrosPerDay;
  int64_t micros = micros_since_2000 % kMicrosPerDay;
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  const DayText day = DayTextOf(days);
  return absl::StrCat(day.date, " ", ClockText(static_cast<uint64_t>(micros)),
                      zone, day.era);
}

}  // namespace

std::string ShortestText(double number) { return ShortestFloatText(number); }

std::string ShortestText(float number) { return ShortestFloatText(number); }

std::string DateText(int32_t days_since_2000) {
  if (days_since_2000 == kDateInfinity) return "infinity";
  if (days_since_2000 == kDateMinusInfinity) return "-infinity";
  const DayText day = DayTextOf(days_since_2000);
  return absl::StrCat(day.date, day.era);
}

std::string TimeText(int64_t micros_since_midnight) {
  return ClockText(static_cast<uint64_t>(micros_since_midnight));
}

std::string TimestampText(int64_t micros_since_2000) {
  return ZonedTimestampText(micros_since_2000, "");
}

std::string TimestamptzText(int64_t micros_since_2000) {
  return ZonedTimestampText(micros_since_2000, "+00");
}

std::string IntervalText(const v1::Interval& interval) {
  const int64_t micros = interval.microseconds();
  const char sign = micros < 0 ? '-' : '+';
  // Negated as unsigned: int64's lowest has no counterpart.
  const uint64_t magnitude = micros < 0 ? 0 - static_cast<uint64_t>(micros)
                                        : static_cast<uint64_t>(micros);
  const uint64_t seconds = magnitude / kMicrosPerSecond;
  return absl::StrFormat(
      "%+d mons %+d days %c%d hours %c%d mins %c%d.%06d secs",
      interval.months(), interval.days(), sign, seconds / 3600, sign,
      seconds / 60 % 60, sign, seconds % 60, magnitude % kMicrosPerSecond);
}

std::string ByteaText(absl::string_view bytes) {
  return absl::StrCat("\\x", absl::BytesToHexString(bytes));
}

std::string UuidText(absl::string_view bytes) {
  const std::string hex = absl::BytesToHexString(bytes);
  const absl::string_view digits = hex;
  return absl::StrCat(digits.substr(0, 8), "-", digits.substr(8, 4), "-",
                      digits.substr(12, 4), "-", digits.substr(16, 4), "-",
                      digits.substr(20));
}

}  // namespace sluice::postgres

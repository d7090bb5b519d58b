// Shortest digits that read back, laid out by PostgreSQL's rules.

#include "client/cli/float_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace sluice::cli {
namespace {

// From this decimal exponent down and up PostgreSQL writes an exponent.
constexpr int kLastSmallExponent = -5;
template <typename Float>
constexpr int kFirstLargeExponent = std::numeric_limits<Float>::digits10;

// A positive decimal: d.ddd times ten to the exponent, without trailing zeros.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

template <typename Float>
Float Read(const std::string& text);
template <>
double Read<double>(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}
template <>
float Read<float>(const std::string& text) {
  return std::strtof(text.c_str(), nullptr);
}

Decimal ParseScientific(absl::string_view text) {
  const size_t mark = text.find('e');
  Decimal decimal;
  for (char c : text.substr(0, mark)) {
    if (c != '.') decimal.digits.push_back(c);
  }
  while (decimal.digits.size() > 1 && decimal.digits.back() == '0') {
    decimal.digits.pop_back();
  }
  decimal.exponent = std::atoi(text.data() + mark + 1);
  return decimal;
}

// Whether `digits`, as digits of `exponent`, reads as `value`.
template <typename Float>
bool ReadsAs(Float value, const std::string& digits, int exponent) {
  return Read<Float>(absl::StrCat(digits.substr(0, 1), ".", digits.substr(1),
                                  "e", exponent)) == value;
}

// Whether `decimal` lies inside the interval that rounds to `value`, rather
// than on its end, where only round-half-to-even reads it back: PostgreSQL
// does not rely on that. A decimal inside stays there when moved either way
// by less than its 17 digits and a double's bounds can tell apart.
template <typename Float>
bool LiesStrictlyInside(Float value, const Decimal& decimal) {
  constexpr int kFinerDigits = 60;
  const std::string above =
      absl::StrCat(decimal.digits, std::string(kFinerDigits, '0'), "1");
  std::string below = decimal.digits;
  --below.back();  // Not '0': trailing zeros are gone.
  below.append(kFinerDigits, '9');
  return ReadsAs(value, above, decimal.exponent) &&
         ReadsAs(value, below, decimal.exponent);
}

template <typename Float>
Decimal ShortestDecimal(Float value) {
  constexpr auto kScientific = std::chars_format::scientific;
  char buffer[64] = {};
  std::to_chars(buffer, std::end(buffer) - 1, value, kScientific);
  Decimal decimal = ParseScientific(buffer);
  for (int fraction_digits = static_cast<int>(decimal.digits.size());
       fraction_digits < std::numeric_limits<Float>::max_digits10 &&
       !LiesStrictlyInside(value, decimal);
       ++fraction_digits) {
    std::memset(buffer, 0, sizeof(buffer));
    std::to_chars(buffer, std::end(buffer) - 1, value, kScientific,
                  fraction_digits);
    decimal = ParseScientific(buffer);
  }
  return decimal;
}

void AppendFixed(const Decimal& decimal, std::string& out) {
  const int whole_digits = decimal.exponent + 1;
  const int digits = static_cast<int>(decimal.digits.size());
  if (whole_digits <= 0) {
    absl::StrAppend(&out, "0.", std::string(-whole_digits, '0'),
                    decimal.digits);
  } else if (digits <= whole_digits) {
    absl::StrAppend(&out, decimal.digits,
                    std::string(whole_digits - digits, '0'));
  } else {
    absl::StrAppend(&out, decimal.digits.substr(0, whole_digits), ".",
                    decimal.digits.substr(whole_digits));
  }
}

void AppendExponential(const Decimal& decimal, std::string& out) {
  out.push_back(decimal.digits[0]);
  if (decimal.digits.size() > 1) {
    absl::StrAppend(&out, ".", decimal.digits.substr(1));
  }
  absl::StrAppendFormat(&out, "e%+03d", decimal.exponent);
}

template <typename Float>
void Append(Float value, std::string& out) {
  if (std::isnan(value)) {
    out.append("NaN");
    return;
  }
  if (std::signbit(value)) out.push_back('-');
  if (std::isinf(value)) {
    out.append("Infinity");
  } else if (value == 0) {
    out.push_back('0');
  } else {
    const Decimal decimal = ShortestDecimal(std::abs(value));
    const bool fixed = decimal.exponent > kLastSmallExponent &&
                       decimal.exponent < kFirstLargeExponent<Float>;
    fixed ? AppendFixed(decimal, out) : AppendExponential(decimal, out);
  }
}

}  // namespace

void AppendFloat8(double value, std::string& out) { Append(value, out); }

void AppendFloat4(float value, std::string& out) { Append(value, out); }

}  // namespace sluice::cli

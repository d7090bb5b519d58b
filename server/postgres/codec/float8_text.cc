#include "server/postgres/codec/float8_text.h"

#include <cmath>
#include <limits>

#include "absl/numeric/int128.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/literal_text.h"

namespace sluice::postgres {
namespace {

// Decimals of at most 17 digits that lie in the middle between two doubles are
// found only here: below, such a middle has more digits; above, its odd factor
// of 54 bits can't hold the powers of five that the zeros at its end need.
constexpr double kFirstTie = 4503599627370496.0;  // 2^52
constexpr double kEndTie = 1e25;

// Quarters keep the middles below a power of two whole.
constexpr int kQuarters = 4;

// `text` is "d.ddde+NN" or "de+NN", a whole number or one with a half.
absl::uint128 QuartersOf(absl::string_view text) {
  const size_t mark = text.find('e');
  int exponent = 0;
  // Written by a formatter.
  (void)absl::SimpleAtoi(text.substr(mark + 1), &exponent);
  absl::uint128 quarters = 0;
  int digits = 0;
  for (const char c : text.substr(0, mark)) {
    if (c == '.') continue;
    quarters = quarters * 10 + static_cast<unsigned>(c - '0');
    ++digits;
  }
  quarters *= kQuarters;
  for (; digits <= exponent; ++digits) quarters *= 10;
  for (; digits > exponent + 1; --digits) quarters /= 10;
  return quarters;
}

// Whether the decimal lies nearer to `number` than to the doubles beside it,
// and not in the middle.
bool IsInside(absl::string_view decimal, double number) {
  const double above =
      std::nextafter(number, std::numeric_limits<double>::max());
  const double below = std::nextafter(number, 0.0);
  const auto twice = [](double value) {
    return absl::uint128(value * (kQuarters / 2));
  };
  const absl::uint128 quarters = QuartersOf(decimal);
  return quarters < twice(number) + twice(above) &&
         quarters > twice(number) + twice(below);
}

}  // namespace

std::string Float8Text(double number) {
  std::string text = ShortestText(number);
  const double magnitude = std::abs(number);
  if (!(magnitude >= kFirstTie && magnitude < kEndTie)) return text;
  std::string decimal = number < 0 ? text.substr(1) : text;
  constexpr int kMaxDecimals = std::numeric_limits<double>::max_digits10 - 1;
  for (int decimals = static_cast<int>(decimal.find('e')) - 1;
       !IsInside(decimal, magnitude) && decimals <= kMaxDecimals; ++decimals) {
    decimal = absl::StrFormat("%.*e", decimals, magnitude);
  }
  return number < 0 ? "-" + decimal : decimal;
}

}  // namespace sluice::postgres

// Exact decimal numbers, to tell whether a parameter would lose something.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_DECIMAL_H_
#define SLUICE_SERVER_POSTGRES_CODEC_DECIMAL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::postgres {

// A number in one form only, so that equal values compare equal.
struct Decimal {
  enum class Class { kFinite, kInfinity, kNan };

  Class number_class = Class::kFinite;
  // Never of zero or NaN.
  bool is_negative = false;
  // Of a finite number, whose value is digits * 10^exponent: without leading
  // or trailing zeros; of zero: none, with exponent 0.
  std::string digits;
  int64_t exponent = 0;

  bool operator==(const Decimal&) const = default;
};

// Decimal text taken apart, its zeros kept.
// Lifetime: the views are into the text.
struct DecimalText {
  Decimal::Class number_class = Decimal::Class::kFinite;
  bool is_negative = false;
  // Of a finite number, whose value is integer.fraction * 10^exponent: the
  // digits before and after the point, one of the two perhaps empty.
  absl::string_view integer;
  absl::string_view fraction;
  int32_t exponent = 0;
};

// Reads decimal text as PostgreSQL's numeric_in takes it: sign, digits with a
// point, exponent; NaN (without sign), Infinity, inf in any case. No blanks
// around it. Nothing when it is anything else, or its exponent is beyond int32.
std::optional<DecimalText> ReadDecimal(absl::string_view text);

// The same as a number.
std::optional<Decimal> ParseDecimal(absl::string_view text);

// The number that the shortest text of `number` says; that is what people mean
// by 0.1.
Decimal ShortestDecimal(double number);
Decimal ShortestDecimal(float number);

// The number that `number` is, to its last binary digit.
Decimal ExactDecimal(double number);

// The nearest floating-point numbers; beyond their range: infinity or zero.
double ToFloat8(const Decimal& decimal);
float ToFloat4(const Decimal& decimal);

// Nothing when it has a fraction or does not fit.
std::optional<int64_t> ToInt64(const Decimal& decimal);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_DECIMAL_H_

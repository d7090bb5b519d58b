// Parsing and comparing decimals.

#include "server/postgres/codec/decimal.h"

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/postgres/codec/literal_text.h"

namespace sluice::postgres {
namespace {

// Takes the digits at the front of `text`.
absl::string_view TakeDigits(absl::string_view& text) {
  size_t count = 0;
  while (count < text.size() && absl::ascii_isdigit(text[count])) ++count;
  const absl::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

// Takes "e" and an integer, or nothing, up to the end of `text`.
bool TakeExponent(absl::string_view text, int32_t& exponent) {
  exponent = 0;
  if (text.empty()) return true;
  if (!absl::ConsumePrefix(&text, "e") && !absl::ConsumePrefix(&text, "E")) {
    return false;
  }
  absl::string_view digits = text;
  if (!absl::ConsumePrefix(&digits, "-")) absl::ConsumePrefix(&digits, "+");
  // SimpleAtoi would also take blanks.
  if (digits.empty() || !absl::ascii_isdigit(digits.front()) ||
      !absl::ascii_isdigit(digits.back())) {
    return false;
  }
  return absl::SimpleAtoi(text, &exponent);
}

// Takes NaN or an infinity, or nothing, up to the end of `text`.
bool TakeSpecial(absl::string_view text, Decimal::Class& number_class) {
  if (absl::EqualsIgnoreCase(text, "nan")) {
    number_class = Decimal::Class::kNan;
    return true;
  }
  number_class = Decimal::Class::kInfinity;
  return absl::EqualsIgnoreCase(text, "infinity") ||
         absl::EqualsIgnoreCase(text, "inf");
}

void Normalize(Decimal& decimal) {
  const size_t last = decimal.digits.find_last_not_of('0');
  if (last == std::string::npos) {
    decimal = Decimal();
    return;
  }
  decimal.exponent += static_cast<int64_t>(decimal.digits.size() - last - 1);
  decimal.digits.resize(last + 1);
  decimal.digits.erase(0, decimal.digits.find_first_not_of('0'));
}

template <typename Float>
Float ToFloat(const Decimal& decimal) {
  using Limits = std::numeric_limits<Float>;
  if (decimal.number_class == Decimal::Class::kNan) return Limits::quiet_NaN();
  Float number = 0;
  if (decimal.number_class == Decimal::Class::kInfinity) {
    number = Limits::infinity();
  } else if (!decimal.digits.empty()) {
    const std::string text =
        absl::StrCat(decimal.digits, "e", decimal.exponent);
    const auto result =
        absl::from_chars(text.data(), text.data() + text.size(), number);
    // What from_chars leaves of a number beyond the range is its largest or
    // smallest one.
    if (result.ec == std::errc::result_out_of_range) {
      number = number > 1 ? Limits::infinity() : Float{0};
    }
  }
  return decimal.is_negative ? -number : number;
}

}  // namespace

std::optional<DecimalText> ReadDecimal(absl::string_view text) {
  DecimalText decimal;
  const bool has_sign =
      absl::StartsWith(text, "-") || absl::StartsWith(text, "+");
  decimal.is_negative = absl::StartsWith(text, "-");
  if (has_sign) text.remove_prefix(1);
  if (!text.empty() && absl::ascii_isalpha(text.front())) {
    if (!TakeSpecial(text, decimal.number_class) ||
        (has_sign && decimal.number_class == Decimal::Class::kNan)) {
      return std::nullopt;
    }
    return decimal;
  }
  decimal.integer = TakeDigits(text);
  if (absl::ConsumePrefix(&text, ".")) decimal.fraction = TakeDigits(text);
  if (decimal.integer.empty() && decimal.fraction.empty()) return std::nullopt;
  if (!TakeExponent(text, decimal.exponent)) return std::nullopt;
  return decimal;
}

std::optional<Decimal> ParseDecimal(absl::string_view text) {
  const std::optional<DecimalText> parts = ReadDecimal(text);
  if (!parts.has_value()) return std::nullopt;
  Decimal decimal;
  decimal.number_class = parts->number_class;
  decimal.is_negative = parts->is_negative;
  if (parts->number_class != Decimal::Class::kFinite) return decimal;
  decimal.digits = absl::StrCat(parts->integer, parts->fraction);
  decimal.exponent =
      int64_t{parts->exponent} - static_cast<int64_t>(parts->fraction.size());
  Normalize(decimal);
  return decimal;
}

Decimal ShortestDecimal(double number) {
  return *ParseDecimal(ShortestText(number));
}

Decimal ShortestDecimal(float number) {
  return *ParseDecimal(ShortestText(number));
}

Decimal ExactDecimal(double number) {
  // A double has at most 767 significant decimal digits.
  constexpr int kFractionDigits = 766;
  char text[kFractionDigits + 16];
  const int size =
      std::snprintf(text, sizeof(text), "%.*e", kFractionDigits, number);
  return *ParseDecimal(absl::string_view(text, static_cast<size_t>(size)));
}

double ToFloat8(const Decimal& decimal) { return ToFloat<double>(decimal); }

float ToFloat4(const Decimal& decimal) { return ToFloat<float>(decimal); }

std::optional<int64_t> ToInt64(const Decimal& decimal) {
  // 2^63 has 19 digits.
  constexpr int64_t kMaxDigits = 19;
  if (decimal.number_class != Decimal::Class::kFinite) return std::nullopt;
  const int64_t digit_count = static_cast<int64_t>(decimal.digits.size());
  if (digit_count == 0) return 0;
  if (decimal.exponent < 0 || digit_count + decimal.exponent > kMaxDigits) {
    return std::nullopt;
  }
  const std::string text =
      absl::StrCat(decimal.is_negative ? "-" : "", decimal.digits,
                   std::string(static_cast<size_t>(decimal.exponent), '0'));
  int64_t integer;
  if (!absl::SimpleAtoi(text, &integer)) return std::nullopt;
  return integer;
}

}  // namespace sluice::postgres

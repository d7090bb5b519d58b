// Decimal to base 10000.

#include "server/postgres/codec/numeric_binary.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "server/postgres/codec/big_endian.h"

namespace sluice::postgres {
namespace {

constexpr uint16_t kPositive = 0x0000;
constexpr uint16_t kNegative = 0x4000;
constexpr uint16_t kNan = 0xC000;
constexpr uint16_t kInfinity = 0xD000;
constexpr uint16_t kMinusInfinity = 0xF000;
constexpr int64_t kDecimalsPerDigit = 4;
constexpr int64_t kMaxIntegerDigits = 131'072;
constexpr int64_t kMaxScale = 16'383;

int64_t FloorDivide(int64_t dividend, int64_t divisor) {
  return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}

// The decimal digits, by their power of ten.
class Digits {
 public:
  explicit Digits(const DecimalText& decimal)
      : integer_(decimal.integer),
        fraction_(decimal.fraction),
        // Of the first digit.
        first_power_(static_cast<int64_t>(integer_.size()) - 1 +
                     decimal.exponent),
        count_(static_cast<int64_t>(integer_.size() + fraction_.size())) {
    while (leading_zeros_ < count_ && DigitAt(leading_zeros_) == 0) {
      ++leading_zeros_;
    }
  }

  bool is_zero() const { return leading_zeros_ == count_; }

  // Of the first digit that is not zero. Not of zero.
  int64_t highest_power() const { return first_power_ - leading_zeros_; }

  // Of the last digit that is not zero. Not of zero.
  int64_t lowest_power() const {
    int64_t last = count_ - 1;
    while (DigitAt(last) == 0) --last;
    return first_power_ - last;
  }

  // 0 where none is written.
  int AtPower(int64_t power) const {
    const int64_t index = first_power_ - power;
    return index < 0 || index >= count_ ? 0 : DigitAt(index);
  }

 private:
  int DigitAt(int64_t index) const {
    const auto at = static_cast<size_t>(index);
    const char digit =
        at < integer_.size() ? integer_[at] : fraction_[at - integer_.size()];
    return digit - '0';
  }

  const absl::string_view integer_;
  const absl::string_view fraction_;
  const int64_t first_power_;
  const int64_t count_;
  int64_t leading_zeros_ = 0;
};

int64_t ScaleOf(const DecimalText& decimal) {
  return std::max<int64_t>(
      0, static_cast<int64_t>(decimal.fraction.size()) - decimal.exponent);
}

void AppendHeader(int64_t digit_count, int64_t weight, uint16_t sign,
                  int64_t scale, std::string& out) {
  AppendBigEndian(static_cast<uint16_t>(digit_count), out);
  AppendBigEndian(static_cast<int16_t>(weight), out);
  AppendBigEndian(sign, out);
  AppendBigEndian(static_cast<uint16_t>(scale), out);
}

void AppendFinite(const DecimalText& decimal, std::string& out) {
  const Digits digits(decimal);
  if (digits.is_zero()) {
    return AppendHeader(0, 0, kPositive, ScaleOf(decimal), out);
  }
  const int64_t weight = FloorDivide(digits.highest_power(), kDecimalsPerDigit);
  const int64_t last = FloorDivide(digits.lowest_power(), kDecimalsPerDigit);
  AppendHeader(weight - last + 1, weight,
               decimal.is_negative ? kNegative : kPositive, ScaleOf(decimal),
               out);
  for (int64_t power = weight; power >= last; --power) {
    const int64_t units = power * kDecimalsPerDigit;
    AppendBigEndian(static_cast<uint16_t>(digits.AtPower(units + 3) * 1000 +
                                          digits.AtPower(units + 2) * 100 +
                                          digits.AtPower(units + 1) * 10 +
                                          digits.AtPower(units)),
                    out);
  }
}

}  // namespace

bool FitsNumeric(const DecimalText& decimal) {
  if (decimal.number_class != Decimal::Class::kFinite) return true;
  if (ScaleOf(decimal) > kMaxScale) return false;
  const Digits digits(decimal);
  return digits.is_zero() || digits.highest_power() < kMaxIntegerDigits;
}

void AppendNumeric(const DecimalText& decimal, std::string& out) {
  switch (decimal.number_class) {
    case Decimal::Class::kNan:
      return AppendHeader(0, 0, kNan, 0, out);
    case Decimal::Class::kInfinity:
      return AppendHeader(
          0, 0, decimal.is_negative ? kMinusInfinity : kInfinity, 0, out);
    case Decimal::Class::kFinite:
      return AppendFinite(decimal, out);
  }
}

}  // namespace sluice::postgres

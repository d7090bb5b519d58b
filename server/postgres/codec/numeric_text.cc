// Base 10000 to decimal.

#include "server/postgres/codec/numeric_text.h"

#include <cstddef>
#include <cstdint>

#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::postgres {
namespace {

constexpr uint16_t kPositive = 0x0000;
constexpr uint16_t kNegative = 0x4000;
constexpr uint16_t kNan = 0xC000;
constexpr uint16_t kInfinity = 0xD000;
constexpr uint16_t kMinusInfinity = 0xF000;
// Highest display scale that the sign's bits leave room for.
constexpr uint16_t kMaxScale = 0x3FFF;
constexpr int kDecimalsPerDigit = 4;
constexpr size_t kDigitBytes = sizeof(uint16_t);
constexpr uint16_t kBase = 10'000;

struct Header {
  uint16_t digit_count;
  int16_t weight;
  uint16_t sign;
  uint16_t scale;
};

bool ReadHeader(WireReader& reader, Header& header) {
  return reader.Read(header.digit_count) && reader.Read(header.weight) &&
         reader.Read(header.sign) && reader.Read(header.scale);
}

// The base-10000 digits, by their power of 10000.
class Digits {
 public:
  Digits(const char* bytes, int count, int weight)
      : bytes_(bytes), count_(count), weight_(weight) {}

  int weight() const { return weight_; }

  // 0 where none is stored.
  uint16_t At(int power) const {
    const int index = weight_ - power;
    if (index < 0 || index >= count_) return 0;
    return LoadBigEndian<uint16_t>(bytes_ +
                                   kDigitBytes * static_cast<size_t>(index));
  }

  bool AreInRange() const {
    for (int i = 0; i < count_; ++i) {
      if (LoadBigEndian<uint16_t>(bytes_ + kDigitBytes *
                                               static_cast<size_t>(i)) >= kBase)
        return false;
    }
    return true;
  }

 private:
  const char* const bytes_;
  const int count_;
  const int weight_;
};

char* WriteFourDecimals(uint16_t digit, char* out) {
  out[0] = static_cast<char>('0' + digit / 1000);
  out[1] = static_cast<char>('0' + digit / 100 % 10);
  out[2] = static_cast<char>('0' + digit / 10 % 10);
  out[3] = static_cast<char>('0' + digit % 10);
  return out + kDecimalsPerDigit;
}

char* WriteInteger(const Digits& digits, char* out) {
  int power = digits.weight();
  while (power > 0 && digits.At(power) == 0) --power;
  char first[kDecimalsPerDigit];
  WriteFourDecimals(power < 0 ? 0 : digits.At(power), first);
  int skipped = 0;
  while (skipped < kDecimalsPerDigit - 1 && first[skipped] == '0') ++skipped;
  for (int i = skipped; i < kDecimalsPerDigit; ++i) *out++ = first[i];
  for (--power; power >= 0; --power) {
    out = WriteFourDecimals(digits.At(power), out);
  }
  return out;
}

char* WriteFraction(const Digits& digits, int scale, char* out) {
  char* const end = out + scale;
  for (int power = -1; out < end; --power) {
    char decimals[kDecimalsPerDigit];
    WriteFourDecimals(digits.At(power), decimals);
    for (int i = 0; i < kDecimalsPerDigit && out < end; ++i) {
      *out++ = decimals[i];
    }
  }
  return out;
}

void WriteFinite(const Digits& digits, const Header& header,
                 std::string& text) {
  const int integer_digits = digits.weight() < 0 ? 1 : digits.weight() + 1;
  // Sign, integer, point, fraction.
  text.resize(1 + static_cast<size_t>(integer_digits) * kDecimalsPerDigit + 1 +
              header.scale);
  char* out = text.data();
  if (header.sign == kNegative) *out++ = '-';
  out = WriteInteger(digits, out);
  if (header.scale > 0) {
    *out++ = '.';
    out = WriteFraction(digits, header.scale, out);
  }
  text.resize(static_cast<size_t>(out - text.data()));
}

}  // namespace

NumericDecoding DecodeNumeric(absl::string_view binary, std::string& text) {
  WireReader reader(binary);
  Header header;
  if (!ReadHeader(reader, header)) return NumericDecoding::kMalformed;
  if (reader.remaining_bytes() != kDigitBytes * header.digit_count) {
    return NumericDecoding::kMalformed;
  }
  switch (header.sign) {
    case kNan:
      text = "NaN";
      return NumericDecoding::kDone;
    case kInfinity:
      text = "Infinity";
      return NumericDecoding::kDone;
    case kMinusInfinity:
      text = "-Infinity";
      return NumericDecoding::kDone;
    case kPositive:
    case kNegative:
      break;
    default:
      return NumericDecoding::kMalformed;
  }
  // Zero has no digits; its weight says nothing.
  const int weight = header.digit_count == 0 ? 0 : header.weight;
  const Digits digits(binary.data() + 4 * sizeof(int16_t), header.digit_count,
                      weight);
  if (header.scale > kMaxScale || !digits.AreInRange()) {
    return NumericDecoding::kMalformed;
  }
  WriteFinite(digits, header, text);
  return NumericDecoding::kDone;
}

}  // namespace sluice::postgres

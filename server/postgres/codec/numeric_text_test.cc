// Tests of the decoding of binary numerics.

#include "server/postgres/codec/numeric_text.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/postgres/codec/big_endian.h"

namespace sluice::postgres {
namespace {

std::string Decoded(absl::string_view hex) {
  std::string text;
  const NumericDecoding decoding =
      DecodeNumeric(absl::HexStringToBytes(hex), text);
  return decoding == NumericDecoding::kDone ? text : "malformed";
}

// Digits of base 10000 made another way: by cutting the decimals in fours.
std::string Encode(bool is_negative, std::string integer,
                   std::string fraction) {
  const size_t scale = fraction.size();
  integer.insert(0, (4 - integer.size() % 4) % 4, '0');
  fraction.append((4 - fraction.size() % 4) % 4, '0');
  std::vector<int> digits;
  const std::string decimals = integer + fraction;
  for (size_t i = 0; i < decimals.size(); i += 4) {
    digits.push_back(std::stoi(decimals.substr(i, 4)));
  }
  int weight = static_cast<int>(integer.size() / 4) - 1;
  while (!digits.empty() && digits.front() == 0) {
    digits.erase(digits.begin());
    --weight;
  }
  while (!digits.empty() && digits.back() == 0) digits.pop_back();
  if (digits.empty()) weight = 0;
  std::string binary;
  AppendBigEndian(static_cast<int16_t>(digits.size()), binary);
  AppendBigEndian(static_cast<int16_t>(weight), binary);
  AppendBigEndian(
      static_cast<uint16_t>(is_negative && !digits.empty() ? 0x4000 : 0),
      binary);
  AppendBigEndian(static_cast<int16_t>(scale), binary);
  for (int digit : digits) {
    AppendBigEndian(static_cast<int16_t>(digit), binary);
  }
  return binary;
}

TEST(NumericTextTest, WritesWhatPostgresWrites) {
  // Taken from numeric_send of PostgreSQL 15.
  EXPECT_EQ(Decoded("0000000000000000"), "0");
  EXPECT_EQ(Decoded("0000000000000002"), "0.00");
  EXPECT_EQ(Decoded("00010000000000000001"), "1");
  EXPECT_EQ(Decoded("0002000040000002000c1388"), "-12.50");
  EXPECT_EQ(Decoded("00010001000000000001"), "10000");
  EXPECT_EQ(Decoded("0001ffff000000040001"), "0.0001");
  EXPECT_EQ(Decoded("0001fffe00000008000a"), "0.00000010");
  EXPECT_EQ(Decoded("0005000200000006000109291a8504d215e0"),
            "123456789.123456");
  EXPECT_EQ(Decoded("0001ffff400000011388"), "-0.5");
}

TEST(NumericTextTest, LeavesOutLeadingZerosOfANumberThatIsNotNormal) {
  EXPECT_EQ(Decoded("00030002000000000000"
                    "00000005"),
            "5");
  EXPECT_EQ(Decoded("00020001000000000000"
                    "0000"),
            "0");
}

TEST(NumericTextTest, WritesNanAndInfinities) {
  EXPECT_EQ(Decoded("00000000c0000000"), "NaN");
  EXPECT_EQ(Decoded("00000000d0000020"), "Infinity");
  EXPECT_EQ(Decoded("00000000f0000020"), "-Infinity");
}

TEST(NumericTextTest, KeepsTheHighestWeightAndScale) {
  const std::string high = Decoded("00017fff000000000009");
  EXPECT_EQ(high, absl::StrCat("9", std::string(32767 * 4, '0')));
  const std::string low = Decoded("0001f00000003fff0001");
  EXPECT_EQ(low.size(), 2u + 0x3FFF);
  EXPECT_EQ(low.substr(0, 4), "0.00");
}

TEST(NumericTextTest, RefusesMalformedBytes) {
  EXPECT_EQ(Decoded(""), "malformed");
  EXPECT_EQ(Decoded("00000000000000"), "malformed");
  // A digit less, a digit more, half a digit.
  EXPECT_EQ(Decoded("0002000000000000"
                    "0001"),
            "malformed");
  EXPECT_EQ(Decoded("0001000000000000"
                    "00010001"),
            "malformed");
  EXPECT_EQ(Decoded("0001000000000000"
                    "000100"),
            "malformed");
  // Sign, scale and digit out of range.
  EXPECT_EQ(Decoded("0001000020000000"
                    "0001"),
            "malformed");
  EXPECT_EQ(Decoded("0001000000004000"
                    "0001"),
            "malformed");
  EXPECT_EQ(Decoded("0001000000000000"
                    "2710"),
            "malformed");
  EXPECT_EQ(Decoded("ffff000000000000"
                    "0001"),
            "malformed");
}

TEST(NumericTextTest, DecodesAnyNumberToItsDigits) {
  constexpr uint64_t kSeed = 20240229;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string integer;
    for (uint64_t left = random() % 24; left > 0; --left) {
      // Many zeros, so that groups of them occur.
      integer.push_back(
          static_cast<char>('0' + (random() % 3 ? random() % 10 : 0)));
    }
    integer.erase(0, integer.find_first_not_of('0'));
    std::string fraction;
    for (uint64_t left = random() % 24; left > 0; --left) {
      fraction.push_back(
          static_cast<char>('0' + (random() % 3 ? random() % 10 : 0)));
    }
    const bool is_zero =
        (integer + fraction).find_first_not_of('0') == std::string::npos;
    const bool is_negative = random() % 2 == 1;
    std::string expected = is_negative && !is_zero ? "-" : "";
    absl::StrAppend(&expected, integer.empty() ? "0" : integer,
                    fraction.empty() ? "" : ".", fraction);
    std::string text;
    ASSERT_EQ(DecodeNumeric(Encode(is_negative, integer, fraction), text),
              NumericDecoding::kDone);
    ASSERT_EQ(text, expected);
  }
}

}  // namespace
}  // namespace sluice::postgres

// Tests of the binary numeric against the digits it is made of.

#include "server/postgres/codec/numeric_binary.h"

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/postgres/codec/numeric_text.h"

namespace sluice::postgres {
namespace {

std::string Binary(absl::string_view text) {
  std::string out;
  AppendNumeric(*ReadDecimal(text), out);
  return out;
}

std::string Hex(absl::string_view text) {
  return absl::BytesToHexString(Binary(text));
}

// What PostgreSQL would write for it.
std::string ThereAndBack(absl::string_view text) {
  std::string back;
  EXPECT_EQ(DecodeNumeric(Binary(text), back), NumericDecoding::kDone) << text;
  return back;
}

bool Fits(absl::string_view text) { return FitsNumeric(*ReadDecimal(text)); }

TEST(NumericBinaryTest, GroupsDigitsByFourFromThePoint) {
  EXPECT_EQ(Hex("12345.6"),
            "0003000100000001"
            "000109291770");
  EXPECT_EQ(Hex("-0.00012"),
            "0002ffff40000005"
            "000107d0");
  EXPECT_EQ(Hex("0.00001"),
            "0001fffe00000005"
            "03e8");
}

TEST(NumericBinaryTest, StoresNoZerosAtEitherEnd) {
  EXPECT_EQ(Hex("10000"),
            "0001000100000000"
            "0001");
  EXPECT_EQ(Hex("0001.5000"),
            "0002000000000004"
            "00011388");
  EXPECT_EQ(Hex("0"), "0000000000000000");
  EXPECT_EQ(Hex("-0.00"), "0000000000000002");
}

TEST(NumericBinaryTest, SaysWhatIsNoNumber) {
  EXPECT_EQ(Hex("NaN"), "00000000c0000000");
  EXPECT_EQ(Hex("inf"), "00000000d0000000");
  EXPECT_EQ(Hex("-Infinity"), "00000000f0000000");
}

TEST(NumericBinaryTest, KeepsTheScaleThatTheTextHas) {
  EXPECT_EQ(ThereAndBack("1.50"), "1.50");
  EXPECT_EQ(ThereAndBack("1e3"), "1000");
  EXPECT_EQ(ThereAndBack("1.50e1"), "15.0");
  EXPECT_EQ(ThereAndBack("1.50e-2"), "0.0150");
  EXPECT_EQ(ThereAndBack("120e-1"), "12.0");
  EXPECT_EQ(ThereAndBack("0e-3"), "0.000");
  EXPECT_EQ(ThereAndBack("0e9"), "0");
  EXPECT_EQ(ThereAndBack(".5"), "0.5");
  EXPECT_EQ(ThereAndBack("5."), "5");
}

TEST(NumericBinaryTest, BringsRandomNumbersBack) {
  constexpr uint64_t kSeed = 20240301;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 5000; ++round) {
    std::string digits;
    const size_t count = 1 + random() % 40;
    while (digits.size() < count) {
      // Runs of zeros, at the ends too.
      const char digit = static_cast<char>('0' + random() % 10);
      digits.append(1 + random() % 6, random() % 2 == 0 ? '0' : digit);
    }
    const size_t scale = random() % (digits.size() + 1);
    const std::string integer = digits.substr(0, digits.size() - scale);
    const size_t first = integer.find_first_not_of('0');
    std::string expected =
        first == std::string::npos ? "0" : integer.substr(first);
    if (scale > 0) {
      absl::StrAppend(&expected, ".", digits.substr(digits.size() - scale));
    }
    if (expected.find_first_not_of("0.") != std::string::npos &&
        random() % 2 == 0) {
      expected.insert(0, "-");
      digits.insert(0, "-");
    }
    ASSERT_EQ(ThereAndBack(expected), expected);
    ASSERT_EQ(ThereAndBack(absl::StrCat(digits, "e-", scale)), expected);
  }
}

TEST(NumericBinaryTest, TakesAsManyDigitsAsPostgres) {
  EXPECT_TRUE(Fits(std::string(131'072, '9')));
  EXPECT_FALSE(Fits("1" + std::string(131'072, '0')));
  EXPECT_TRUE(Fits(std::string(200'000, '0')));
  EXPECT_TRUE(Fits("1e131071"));
  EXPECT_FALSE(Fits("1e131072"));
  EXPECT_TRUE(Fits("0e131072"));
  EXPECT_TRUE(Fits("1e-16383"));
  EXPECT_FALSE(Fits("1e-16384"));
  EXPECT_FALSE(Fits("0e-16384"));
  EXPECT_TRUE(Fits("0." + std::string(16'383, '0')));
  EXPECT_FALSE(Fits("0." + std::string(16'384, '0')));
  EXPECT_TRUE(Fits("NaN"));
  EXPECT_TRUE(Fits("-Infinity"));
  const std::string longest = absl::StrCat("-", std::string(131'072, '9'), ".",
                                           std::string(16'383, '7'));
  EXPECT_TRUE(Fits(longest));
  EXPECT_EQ(ThereAndBack(longest), longest);
}

}  // namespace
}  // namespace sluice::postgres

// Tests of exact decimals.

#include "server/postgres/codec/decimal.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::postgres {
namespace {

TEST(DecimalTest, ReadsEveryNotationOfANumberAsTheSame) {
  const Decimal expected{Decimal::Class::kFinite, true, "125", -1};
  for (const char* text : {"-12.5", "-12.50", "-012.5", "-1.25e1", "-125E-1",
                           "-.125e+2", "-1250000e-5"}) {
    EXPECT_EQ(ParseDecimal(text), expected) << text;
  }
}

TEST(DecimalTest, ReadsEveryZeroAsTheSame) {
  for (const char* text : {"0", "-0", "+0.000", "0e5", ".0", "0.", "00"}) {
    EXPECT_EQ(ParseDecimal(text), Decimal()) << text;
  }
}

TEST(DecimalTest, ReadsNanAndInfinitiesInAnyCase) {
  EXPECT_EQ(ParseDecimal("nan")->number_class, Decimal::Class::kNan);
  EXPECT_EQ(ParseDecimal("-Infinity"),
            (Decimal{Decimal::Class::kInfinity, true, "", 0}));
  EXPECT_EQ(ParseDecimal("+inf"),
            (Decimal{Decimal::Class::kInfinity, false, "", 0}));
}

TEST(DecimalTest, RefusesWhatIsNoDecimal) {
  for (const char* text :
       {"",      "-",    ".",     "e5",  "1e",      "1e+",
        "1e 5",  "1e5 ", " 1",    "1 ",  "--1",     "+-1",
        "1.2.3", "0x1F", "1_000", "1,5", "infinit", "1e99999999999",
        "1e--5", "nan1", "-nan",  "+NaN"}) {
    EXPECT_FALSE(ParseDecimal(text).has_value()) << text;
  }
}

TEST(DecimalTest, GivesIntegersOnlyWhereTheyAreWholeAndFit) {
  EXPECT_EQ(ToInt64(*ParseDecimal("12.00")), 12);
  EXPECT_EQ(ToInt64(*ParseDecimal("1e3")), 1000);
  EXPECT_EQ(ToInt64(*ParseDecimal("-0")), 0);
  EXPECT_EQ(ToInt64(*ParseDecimal("9223372036854775807")),
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ToInt64(*ParseDecimal("-9223372036854775808")),
            std::numeric_limits<int64_t>::min());
  for (const char* text :
       {"12.5", "9223372036854775808", "1e19", "1e2000000000",
        "-9223372036854775809", "NaN", "Infinity"}) {
    EXPECT_FALSE(ToInt64(*ParseDecimal(text)).has_value()) << text;
  }
}

TEST(DecimalTest, RoundsToTheNearestFloatAndBeyondTheRangeToInfinityOrZero) {
  EXPECT_EQ(ToFloat8(*ParseDecimal("0.1")), 0.1);
  EXPECT_EQ(ToFloat4(*ParseDecimal("0.1")), 0.1f);
  EXPECT_EQ(ToFloat8(*ParseDecimal("-1e400")),
            -std::numeric_limits<double>::infinity());
  EXPECT_EQ(ToFloat4(*ParseDecimal("1e39")),
            std::numeric_limits<float>::infinity());
  EXPECT_EQ(ToFloat8(*ParseDecimal("1e-400")), 0.0);
  EXPECT_TRUE(std::isnan(ToFloat8(*ParseDecimal("NaN"))));
  EXPECT_EQ(ToFloat8(*ParseDecimal("5e-324")), 5e-324);
}

TEST(DecimalTest, TellsTheExactNumberFromTheShortest) {
  EXPECT_EQ(ShortestDecimal(0.1), *ParseDecimal("0.1"));
  EXPECT_EQ(ShortestDecimal(0.1f), *ParseDecimal("0.1"));
  EXPECT_EQ(ExactDecimal(0.1),
            *ParseDecimal("0.1000000000000000055511151231257827021181583404541"
                          "015625"));
  EXPECT_EQ(ExactDecimal(5e-324).digits.size(), 751u);
}

TEST(DecimalTest, ShortestDecimalOfAnyDoubleReadsBackAsIt) {
  constexpr uint64_t kSeed = 20240229;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    const uint64_t bits = random();
    double number;
    std::memcpy(&number, &bits, sizeof(number));
    if (!std::isfinite(number)) continue;
    ASSERT_EQ(ToFloat8(ShortestDecimal(number)), number);
    ASSERT_EQ(ToFloat8(ExactDecimal(number)), number);
  }
}

}  // namespace
}  // namespace sluice::postgres

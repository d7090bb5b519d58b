// Tests of the text that PostgreSQL's input functions get.

#include "server/postgres/codec/literal_text.h"

#include <limits>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "gtest/gtest.h"
#include "server/postgres/codec/epoch.h"

namespace sluice::postgres {
namespace {

v1::Interval MakeInterval(int32_t months, int32_t days, int64_t microseconds) {
  v1::Interval interval;
  interval.set_months(months);
  interval.set_days(days);
  interval.set_microseconds(microseconds);
  return interval;
}

TEST(LiteralTextTest, WritesFloatsShortAndWithAnExponentWherePostgresDoes) {
  EXPECT_EQ(ShortestText(0.0), "0");
  EXPECT_EQ(ShortestText(-0.0), "-0");
  EXPECT_EQ(ShortestText(0.1), "0.1");
  EXPECT_EQ(ShortestText(0.1f), "0.1");
  EXPECT_EQ(ShortestText(-100000.0), "-100000");
  EXPECT_EQ(ShortestText(123456789012345.0), "123456789012345");
  EXPECT_EQ(ShortestText(1e15), "1e+15");
  EXPECT_EQ(ShortestText(1.5e300), "1.5e+300");
  EXPECT_EQ(ShortestText(0.0001), "0.0001");
  EXPECT_EQ(ShortestText(0.000012), "1.2e-05");
  EXPECT_EQ(ShortestText(12.5), "12.5");
  EXPECT_EQ(ShortestText(5e-324), "5e-324");
}

TEST(LiteralTextTest, WritesNanAndInfinitiesOfFloats) {
  EXPECT_EQ(ShortestText(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(ShortestText(std::numeric_limits<float>::infinity()), "Infinity");
  EXPECT_EQ(ShortestText(-std::numeric_limits<double>::infinity()),
            "-Infinity");
}

TEST(LiteralTextTest, WritesDatesOfEveryEra) {
  EXPECT_EQ(DateText(0), "2000-01-01");
  EXPECT_EQ(DateText(8825), "2024-02-29");
  EXPECT_EQ(DateText(-730119), "0001-01-01");
  EXPECT_EQ(DateText(-730120), "0001-12-31 BC");
  EXPECT_EQ(DateText(kFirstDay), "4714-11-24 BC");
  EXPECT_EQ(DateText(kEndDay - 1), "5874897-12-31");
  EXPECT_EQ(DateText(kDateInfinity), "infinity");
  EXPECT_EQ(DateText(kDateMinusInfinity), "-infinity");
}

TEST(LiteralTextTest, WritesTimesToTheMicrosecond) {
  EXPECT_EQ(TimeText(0), "00:00:00");
  EXPECT_EQ(TimeText(1), "00:00:00.000001");
  EXPECT_EQ(TimeText(45296500000), "12:34:56.500000");
  EXPECT_EQ(TimeText(kMicrosPerDay), "24:00:00");
}

TEST(LiteralTextTest, WritesTimestampsWithEraAfterTheZone) {
  EXPECT_EQ(TimestampText(0), "2000-01-01 00:00:00");
  EXPECT_EQ(TimestampText(-1), "1999-12-31 23:59:59.999999");
  EXPECT_EQ(TimestamptzText(762525296500000), "2024-02-29 12:34:56.500000+00");
  EXPECT_EQ(TimestampText(kFirstTimestampMicros), "4714-11-24 00:00:00 BC");
  EXPECT_EQ(TimestamptzText(kFirstTimestampMicros),
            "4714-11-24 00:00:00+00 BC");
  EXPECT_EQ(TimestampText(kEndTimestampMicros - 1),
            "294276-12-31 23:59:59.999999");
  EXPECT_EQ(TimestampText(kTimestampInfinity), "infinity");
  EXPECT_EQ(TimestamptzText(kTimestampMinusInfinity), "-infinity");
}

TEST(LiteralTextTest, WritesAnyTimestampSoThatItReadsBack) {
  constexpr uint64_t kSeed = 20240229;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  // From the year 1 to 9999, which Abseil's own parser reads.
  std::uniform_int_distribution<int64_t> micros_of(-63082281600000000,
                                                   252455615999999999);
  for (int round = 0; round < 20'000; ++round) {
    const int64_t micros = micros_of(random);
    const std::string text = TimestampText(micros);
    absl::CivilSecond second;
    ASSERT_TRUE(absl::ParseCivilTime(
        absl::StrCat(text.substr(0, 10), "T", text.substr(11, 8)), &second));
    const int64_t fraction = text.size() > 19 ? std::stoll(text.substr(20)) : 0;
    ASSERT_EQ(
        (second - absl::CivilSecond(2000, 1, 1)) * kMicrosPerSecond + fraction,
        micros)
        << text;
  }
}

TEST(LiteralTextTest, WritesEachPartOfAnIntervalWithItsSign) {
  EXPECT_EQ(IntervalText(MakeInterval(1, -2, 11045000006)),
            "+1 mons -2 days +3 hours +4 mins +5.000006 secs");
  EXPECT_EQ(IntervalText(MakeInterval(0, 0, -1)),
            "+0 mons +0 days -0 hours -0 mins -0.000001 secs");
  EXPECT_EQ(IntervalText(MakeInterval(std::numeric_limits<int32_t>::min(),
                                      std::numeric_limits<int32_t>::min(),
                                      std::numeric_limits<int64_t>::min())),
            "-2147483648 mons -2147483648 days -2562047788 hours -0 mins "
            "-54.775808 secs");
}

TEST(LiteralTextTest, WritesBytesAndUuidsInHex) {
  EXPECT_EQ(ByteaText(absl::string_view("\0\xff\\", 3)), "\\x00ff5c");
  EXPECT_EQ(ByteaText(""), "\\x");
  EXPECT_EQ(
      UuidText(absl::HexStringToBytes("00112233445566778899aabbccddeeff")),
      "00112233-4455-6677-8899-aabbccddeeff");
}

}  // namespace
}  // namespace sluice::postgres

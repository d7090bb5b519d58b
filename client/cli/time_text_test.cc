// Dates, times and intervals as PostgreSQL writes them; the expectations are
// what PostgreSQL 15 printed.

#include "client/cli/time_text.h"

#include <limits>

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kDay = 24 * kHour;

std::string Date(int32_t days) {
  std::string out;
  AppendDate(days, out);
  return out;
}

std::string Time(int64_t microseconds) {
  std::string out;
  AppendTime(microseconds, out);
  return out;
}

std::string Timestamp(int64_t microseconds, Zone zone) {
  std::string out;
  AppendTimestamp(microseconds, zone, out);
  return out;
}

std::string Interval(int32_t months, int32_t days, int64_t microseconds) {
  v1::Interval interval;
  interval.set_months(months);
  interval.set_days(days);
  interval.set_microseconds(microseconds);
  std::string out;
  AppendInterval(interval, out);
  return out;
}

TEST(TimeTextTest, WritesDatesOfPostgresWholeRange) {
  EXPECT_EQ(Date(0), "1970-01-01");
  EXPECT_EQ(Date(19782), "2024-02-29");
  EXPECT_EQ(Date(-719162), "0001-01-01");
  EXPECT_EQ(Date(-719163), "0001-12-31 BC");
  EXPECT_EQ(Date(2932897), "10000-01-01");
  EXPECT_EQ(Date(2145042905), "5874897-12-31");
}

TEST(TimeTextTest, WritesInfinities) {
  EXPECT_EQ(Date(std::numeric_limits<int32_t>::max()), "infinity");
  EXPECT_EQ(Date(std::numeric_limits<int32_t>::min()), "-infinity");
  EXPECT_EQ(Timestamp(std::numeric_limits<int64_t>::max(), Zone::kUtc),
            "infinity");
  EXPECT_EQ(Timestamp(std::numeric_limits<int64_t>::min(), Zone::kNone),
            "-infinity");
}

TEST(TimeTextTest, TrimsTheFractionOfASecond) {
  EXPECT_EQ(Time(0), "00:00:00");
  EXPECT_EQ(Time(4 * kHour + kSecond / 2), "04:00:00.5");
  EXPECT_EQ(Time(1), "00:00:00.000001");
  EXPECT_EQ(Time(10), "00:00:00.00001");
  EXPECT_EQ(Time(kDay), "24:00:00");
}

TEST(TimeTextTest, WritesTheZoneOfAnInstantOnly) {
  EXPECT_EQ(Timestamp(kHour, Zone::kNone), "1970-01-01 01:00:00");
  EXPECT_EQ(Timestamp(kHour, Zone::kUtc), "1970-01-01 01:00:00+00");
}

TEST(TimeTextTest, CountsTimestampsBeforeTheEpochDownward) {
  EXPECT_EQ(Timestamp(-1, Zone::kNone), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(Timestamp(-719163 * kDay, Zone::kUtc), "0001-12-31 00:00:00+00 BC");
}

TEST(TimeTextTest, WritesEachPartOfAnIntervalWithItsSign) {
  EXPECT_EQ(Interval(14, -3, 4 * kHour + 5 * kSecond + kSecond / 2),
            "1 year 2 mons -3 days +04:00:05.5");
  EXPECT_EQ(Interval(-14, 3, -4 * kHour), "-1 years -2 mons +3 days -04:00:00");
  EXPECT_EQ(Interval(0, -1, kSecond), "-1 days +00:00:01");
  EXPECT_EQ(Interval(0, 1, -kSecond), "1 day -00:00:01");
  EXPECT_EQ(Interval(-1, 0, 0), "-1 mons");
  EXPECT_EQ(Interval(12, 0, 0), "1 year");
}

TEST(TimeTextTest, WritesTheLongestAndTheEmptyInterval) {
  EXPECT_EQ(Interval(0, 0, 0), "00:00:00");
  EXPECT_EQ(Interval(0, 0, 2147483647 * kHour), "2147483647:00:00");
  EXPECT_EQ(Interval(0, 0, std::numeric_limits<int64_t>::min()),
            "-2562047788:00:54.775808");
}

}  // namespace
}  // namespace sluice::cli

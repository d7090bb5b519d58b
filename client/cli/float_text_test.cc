// Floating-point numbers as PostgreSQL writes them; the expectations are what
// PostgreSQL 15 printed.

#include "client/cli/float_text.h"

#include <limits>

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

std::string Float8(double value) {
  std::string out;
  AppendFloat8(value, out);
  return out;
}

std::string Float4(float value) {
  std::string out;
  AppendFloat4(value, out);
  return out;
}

TEST(FloatTextTest, WritesTheFewestDigitsThatReadBack) {
  EXPECT_EQ(Float8(0.1), "0.1");
  EXPECT_EQ(Float8(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(Float8(-123.456), "-123.456");
  EXPECT_EQ(Float4(0.1F), "0.1");
  EXPECT_EQ(Float4(1.0F / 3), "0.33333334");
}

TEST(FloatTextTest, TurnsToExponentsWherePostgresDoes) {
  EXPECT_EQ(Float8(100000000000000), "100000000000000");
  EXPECT_EQ(Float8(1e15), "1e+15");
  EXPECT_EQ(Float8(1e20), "1e+20");
  EXPECT_EQ(Float8(1e300), "1e+300");
  EXPECT_EQ(Float8(0.00012), "0.00012");
  EXPECT_EQ(Float8(0.000012), "1.2e-05");
  EXPECT_EQ(Float8(1.5e-7), "1.5e-07");
  EXPECT_EQ(Float4(123456), "123456");
  EXPECT_EQ(Float4(1234567), "1.234567e+06");
  EXPECT_EQ(Float4(0.00001F), "1e-05");
}

TEST(FloatTextTest, WritesZerosNanAndInfinities) {
  EXPECT_EQ(Float8(0), "0");
  EXPECT_EQ(Float8(-0.0), "-0");
  EXPECT_EQ(Float8(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(Float8(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(Float4(std::numeric_limits<float>::infinity()), "Infinity");
}

TEST(FloatTextTest, DoesNotRelyOnRoundHalfToEvenWhenRead) {
  // 2.476979795053773e+16 lies halfway between two doubles.
  EXPECT_EQ(Float8(24769797950537728.0), "2.4769797950537728e+16");
  EXPECT_EQ(Float8(9007199254740993.0), "9.007199254740992e+15");
}

TEST(FloatTextTest, WritesTheEndsOfTheRange) {
  EXPECT_EQ(Float8(std::numeric_limits<double>::max()),
            "1.7976931348623157e+308");
  EXPECT_EQ(Float8(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(Float4(std::numeric_limits<float>::max()), "3.4028235e+38");
  EXPECT_EQ(Float4(std::numeric_limits<float>::denorm_min()), "1e-45");
}

}  // namespace
}  // namespace sluice::cli

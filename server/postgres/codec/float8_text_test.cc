// Tests of numbers as float8out writes them. The texts are those of
// PostgreSQL 15.

#include "server/postgres/codec/float8_text.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace sluice::postgres {
namespace {

TEST(Float8TextTest, WritesTheShortestDigits) {
  EXPECT_EQ(Float8Text(0.1), "0.1");
  EXPECT_EQ(Float8Text(-0.0), "-0");
  EXPECT_EQ(Float8Text(1e14), "100000000000000");
  EXPECT_EQ(Float8Text(1e15), "1e+15");
  EXPECT_EQ(Float8Text(-1.5e300), "-1.5e+300");
  EXPECT_EQ(Float8Text(std::nan("")), "NaN");
  EXPECT_EQ(Float8Text(std::numeric_limits<double>::infinity()), "Infinity");
}

TEST(Float8TextTest, DoesNotRelyOnHowAMiddleIsRounded) {
  EXPECT_EQ(Float8Text(39264302827979104.0), "3.9264302827979104e+16");
  EXPECT_EQ(Float8Text(-24122409573452768.0), "-2.4122409573452768e+16");
  EXPECT_EQ(Float8Text(std::ldexp(1.0, 54)), "1.8014398509481984e+16");
  EXPECT_EQ(Float8Text(9007199254740993.0), "9.007199254740992e+15");
  // One whose shortest digits are no middle.
  EXPECT_EQ(Float8Text(1e22), "1e+22");
  EXPECT_EQ(Float8Text(std::ldexp(1.0, 80)), "1.2089258196146292e+24");
}

}  // namespace
}  // namespace sluice::postgres

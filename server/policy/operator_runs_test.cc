#include "server/policy/operator_runs.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::policy {
namespace {

std::string Repeat(absl::string_view unit, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) absl::StrAppend(&result, unit);
  return result;
}

TEST(OperatorRunsTest, UsualTextsPass) {
  EXPECT_TRUE(ScansInBoundedTime(""));
  EXPECT_TRUE(ScansInBoundedTime("select a->>'b' <> c || -+1 -- +--+--+"));
  EXPECT_TRUE(ScansInBoundedTime(Repeat("1+", 500'000)));
}

TEST(OperatorRunsTest, DrawnLinesPassAtAnyLength) {
  for (const char* character : {"-", "=", "*", "#", "/", "~"}) {
    EXPECT_TRUE(ScansInBoundedTime(Repeat(character, 1'000'000))) << character;
  }
  const std::string cell = absl::StrCat("+", Repeat("-", 40));
  const std::string line = absl::StrCat("/*", Repeat(cell, 5), "+*/\n");
  EXPECT_TRUE(ScansInBoundedTime(Repeat(line, 1000)));
}

TEST(OperatorRunsTest, RunsThatAreReadAgainAndAgainAreBounded) {
  for (const char* unit : {"+-", "/*", "/**/", "+"}) {
    const int unit_count = 16'384 / static_cast<int>(std::string(unit).size());
    EXPECT_FALSE(ScansInBoundedTime(Repeat(unit, unit_count))) << unit;
    EXPECT_FALSE(ScansInBoundedTime(
        absl::StrCat("select ", Repeat(unit, unit_count), " 1")))
        << unit;
  }
  EXPECT_TRUE(ScansInBoundedTime(Repeat("+-", 900)));
  EXPECT_FALSE(ScansInBoundedTime(Repeat(Repeat("+-", 900) + " ", 10)));
}

}  // namespace
}  // namespace sluice::policy

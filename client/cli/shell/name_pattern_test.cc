// Patterns as regular expressions.

#include "client/cli/shell/name_pattern.h"

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

TEST(NamePatternTest, FoldsPlainNamesToLowerCase) {
  const NamePattern pattern = ParseNamePattern("App.Parts");
  EXPECT_EQ(pattern.schema, "^(app)$");
  EXPECT_EQ(pattern.name, "^(parts)$");
  EXPECT_EQ(ParseNamePattern("parts").schema, "");
  EXPECT_EQ(ParseNamePattern("").name, "");
}

TEST(NamePatternTest, TakesStarAndQuestionMark) {
  EXPECT_EQ(ParseNamePattern("p*_?").name, "^(p.*_.)$");
  EXPECT_EQ(ParseNamePattern("app.*").name, "^(.*)$");
}

TEST(NamePatternTest, TakesOtherCharactersForThemselves) {
  EXPECT_EQ(ParseNamePattern("a$|(").name, R"(^(a\$\|\()$)");
  EXPECT_EQ(ParseNamePattern(R"("A.b*""c".d)").schema, R"(^(A\.b\*"c)$)");
}

}  // namespace
}  // namespace sluice::cli

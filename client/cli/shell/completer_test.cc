// What is offered where.

#include "client/cli/shell/completer.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

const CompletionCatalog& Catalog() {
  static const auto* const kCatalog = new CompletionCatalog{
      .schemas = {"app", "public"},
      .relations = {{"public", "packages", true, {"name", "size", "Odd one"}},
                    {"public", "people", true, {"born", "user"}},
                    {"app", "parts", false, {"part_id"}}},
      .functions = {"now", "nullif2"},
      .types = {"numeric"},
      .databases = {"demo", "depot"}};
  return *kCatalog;
}

// `line` has a | where the cursor is.
Completion Complete(const std::string& line) {
  const size_t cursor = line.find('|');
  return CompleteSql(line.substr(0, cursor), line.substr(cursor + 1),
                     Catalog());
}

std::vector<std::string> CandidatesOf(const std::string& line) {
  return Complete(line).candidates;
}

TEST(CompleterTest, BeginsAStatementWithItsKeyword) {
  EXPECT_THAT(CandidatesOf("sel|"), ElementsAre("select"));
  EXPECT_THAT(CandidatesOf("SE|"), ElementsAre("SELECT"));
  EXPECT_THAT(CandidatesOf("/* c */ in|"), ElementsAre("insert"));
}

TEST(CompleterTest, ReplacesTheWordBeforeTheCursor) {
  EXPECT_EQ(Complete("select * from pack|").replaced_bytes, 4u);
  EXPECT_EQ(Complete("select * from |").replaced_bytes, 0u);
  EXPECT_EQ(Complete("select \"Odd| from packages").replaced_bytes, 4u);
}

TEST(CompleterTest, OffersRelationsWhereOneMustStand) {
  for (const char* line :
       {"select * from p|", "SELECT * FROM people, p|", "insert into p|",
        "update p|", "delete from only p|", "select 1 from x join p|",
        "select (select count(*) from p|", "select * from f(1, 2) a, p|"}) {
    EXPECT_THAT(CandidatesOf(line), ElementsAre("packages", "people", "public"))
        << line;
  }
  EXPECT_THAT(CandidatesOf("select * from app.|"), ElementsAre("parts"));
  EXPECT_THAT(CandidatesOf("select * from |"),
              ElementsAre("app", "packages", "people", "public"));
}

TEST(CompleterTest, OffersColumnsOfTheRelationsNamedOnEitherSide) {
  EXPECT_THAT(CandidatesOf("select | from packages"),
              ElementsAre("\"Odd one\"", "name", "size"));
  EXPECT_THAT(CandidatesOf("select na| from packages"), ElementsAre("name"));
  EXPECT_THAT(CandidatesOf("select * from packages where si|"),
              IsSupersetOf({"size", "similar"}));
  EXPECT_THAT(CandidatesOf("select * from packages, people where b|"),
              IsSupersetOf({"born", "between", "by"}));
  EXPECT_THAT(CandidatesOf("select * from packages order by na|"),
              Contains("name"));
  EXPECT_THAT(CandidatesOf("select part| from app.parts"), Contains("part_id"));
  EXPECT_THAT(CandidatesOf("select part| from parts"),
              Not(Contains("part_id")));
  EXPECT_THAT(CandidatesOf("insert into packages (na|"), Contains("name"));
  EXPECT_THAT(CandidatesOf("update packages set na|"), Contains("name"));
}

TEST(CompleterTest, FollowsAliases) {
  EXPECT_THAT(CandidatesOf("select p.| from packages p"),
              ElementsAre("\"Odd one\"", "name", "size"));
  EXPECT_THAT(CandidatesOf("select * from packages as p join people o on o.b|"),
              ElementsAre("born"));
  EXPECT_THAT(CandidatesOf("select packages.s| from packages"),
              ElementsAre("size"));
  EXPECT_THAT(CandidatesOf("select nobody.| from packages"), IsEmpty());
}

TEST(CompleterTest, QuotesNamesThatNeedIt) {
  EXPECT_THAT(CandidatesOf("select us| from people"), Contains("\"user\""));
  EXPECT_THAT(CandidatesOf("select \"O| from packages"),
              ElementsAre("\"Odd one\""));
  EXPECT_EQ(QuoteName("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteName("plain_1"), "plain_1");
  EXPECT_EQ(QuoteName("1st"), "\"1st\"");
}

TEST(CompleterTest, OffersFunctionsAndTypes) {
  EXPECT_THAT(CandidatesOf("select n|"),
              IsSupersetOf({"now", "nullif2", "numeric", "null"}));
}

TEST(CompleterTest, OffersNothingInTextsAndComments) {
  EXPECT_THAT(CandidatesOf("select 'p|"), IsEmpty());
  EXPECT_THAT(CandidatesOf("select $$p|"), IsEmpty());
  EXPECT_THAT(CandidatesOf("select /* p|"), IsEmpty());
  EXPECT_THAT(CandidatesOf("select -- p|"), IsEmpty());
}

TEST(CompleterTest, CompletesCommandsAndTheirArguments) {
  const std::vector<std::string> commands = {"\\c", "\\d", "\\dt", "\\timing"};
  const auto complete = [&](const char* line) {
    return CompleteCommand(line, commands, Catalog()).candidates;
  };
  EXPECT_THAT(complete("\\d"), ElementsAre("\\d", "\\dt"));
  EXPECT_THAT(complete("\\ti"), ElementsAre("\\timing"));
  EXPECT_THAT(complete("\\d pa"), ElementsAre("packages"));
  EXPECT_THAT(complete("\\d app.p"), ElementsAre("parts"));
  EXPECT_THAT(complete("\\c de"), ElementsAre("demo", "depot"));
}

TEST(CompleterTest, FindsWhatCandidatesShare) {
  EXPECT_EQ(CommonPrefix({"packages", "packed", "pack"}), "pack");
  EXPECT_EQ(CommonPrefix({"a", "b"}), "");
  EXPECT_EQ(CommonPrefix({}), "");
}

}  // namespace
}  // namespace sluice::cli

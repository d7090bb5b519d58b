// Where statements end, and what is left open.

#include "client/cli/statement_splitter.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using State = StatementSplitter::State;

// Every statement of `text`, the last with or without its semicolon. It comes
// whole and line by line, which must make no difference.
std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> whole;
  StatementSplitter splitter(StatementSplitter::Backslash::kPlainText);
  splitter.Add(text);
  while (auto item = splitter.Next()) whole.push_back(item->text);
  if (auto rest = splitter.TakeRest()) whole.push_back(rest->text);

  std::vector<std::string> by_line;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    splitter.Add(text.substr(begin, end - begin));
    while (auto item = splitter.Next()) by_line.push_back(item->text);
    begin = end;
  }
  if (auto rest = splitter.TakeRest()) by_line.push_back(rest->text);
  EXPECT_EQ(whole, by_line);
  return whole;
}

State StateBehind(const std::string& text) {
  StatementSplitter splitter(StatementSplitter::Backslash::kCommand);
  splitter.Add(text);
  while (splitter.Next().has_value()) continue;
  return splitter.state();
}

TEST(StatementSplitterTest, SplitsAtSemicolons) {
  EXPECT_THAT(Split("SELECT 1; SELECT\n 2 ;\n\nSELECT 3"),
              ElementsAre("SELECT 1", "SELECT\n 2", "SELECT 3"));
  EXPECT_THAT(Split(" ;; ;\n"), IsEmpty());
}

TEST(StatementSplitterTest, LeavesSemicolonsInStringsAndNames) {
  EXPECT_THAT(Split("SELECT ';', 'it''s;', \"a;\"\"b;\"; x"),
              ElementsAre("SELECT ';', 'it''s;', \"a;\"\"b;\"", "x"));
  EXPECT_THAT(Split("SELECT 'a\n;b\n'; x"),
              ElementsAre("SELECT 'a\n;b\n'", "x"));
}

TEST(StatementSplitterTest, TakesBackslashesForEscapesInEStringsAlone) {
  EXPECT_THAT(Split(R"(SELECT '\'; x)"), ElementsAre(R"(SELECT '\')", "x"));
  EXPECT_THAT(Split(R"(SELECT E'\';'; x)"),
              ElementsAre(R"(SELECT E'\';')", "x"));
  EXPECT_THAT(Split(R"(SELECT e'a''\';'; x)"),
              ElementsAre(R"(SELECT e'a''\';')", "x"));
  EXPECT_THAT(Split("SELECT E'a'\n  '\\';'; x"),
              ElementsAre("SELECT E'a'\n  '\\';'", "x"));
  EXPECT_THAT(Split(R"(SELECT me'\'; x)"), ElementsAre(R"(SELECT me'\')", "x"));
  EXPECT_THAT(Split(R"(SELECT "a\"; x)"), ElementsAre(R"(SELECT "a\")", "x"));
}

TEST(StatementSplitterTest, LeavesDollarStringsWhole) {
  EXPECT_THAT(Split("SELECT $$a;'$$; x"), ElementsAre("SELECT $$a;'$$", "x"));
  EXPECT_THAT(Split("DO $f$ $$;$$ $g$;$g$ \n; $f$; x"),
              ElementsAre("DO $f$ $$;$$ $g$;$g$ \n; $f$", "x"));
  EXPECT_THAT(Split("SELECT $1; SELECT a$b$; x$$; y"),
              ElementsAre("SELECT $1", "SELECT a$b$", "x$$", "y"));
}

TEST(StatementSplitterTest, LeavesCommentsWhole) {
  EXPECT_THAT(Split("SELECT 1 -- ; '\n; x"),
              ElementsAre("SELECT 1 -- ; '", "x"));
  EXPECT_THAT(Split("SELECT /* ; /* ; */ ' ; */ 1; x"),
              ElementsAre("SELECT /* ; /* ; */ ' ; */ 1", "x"));
  EXPECT_THAT(Split("-- alone\n/* alone; */ ; -- end"), IsEmpty());
  EXPECT_THAT(Split("-- dropped\n/* kept */ SELECT 1;"),
              ElementsAre("/* kept */ SELECT 1"));
}

TEST(StatementSplitterTest, LeavesParenthesesWhole) {
  EXPECT_THAT(
      Split("CREATE RULE r AS ON INSERT TO t DO (a; (b); c); x"),
      ElementsAre("CREATE RULE r AS ON INSERT TO t DO (a; (b); c)", "x"));
  EXPECT_THAT(Split("SELECT 1); x"), ElementsAre("SELECT 1)", "x"));
}

TEST(StatementSplitterTest, LeavesBodiesOfRoutinesWhole) {
  const std::string body =
      "create or replace function f() returns int\nbegin atomic\n"
      "select case when true then 1 end; select t.end, 1 as end;\nend";
  EXPECT_THAT(Split(body + "; x"), ElementsAre(body, "x"));
  EXPECT_THAT(
      Split("CREATE PROCEDURE p() BEGIN ATOMIC INSERT; END; x"),
      ElementsAre("CREATE PROCEDURE p() BEGIN ATOMIC INSERT; END", "x"));
  EXPECT_THAT(Split("BEGIN ATOMIC; END; x"),
              ElementsAre("BEGIN ATOMIC", "END", "x"));
}

TEST(StatementSplitterTest, GivesWhatIsUnterminatedAtTheEnd) {
  EXPECT_THAT(Split("SELECT 'a;\n"), ElementsAre("SELECT 'a;"));
  EXPECT_THAT(Split("SELECT $a$;"), ElementsAre("SELECT $a$;"));
  EXPECT_THAT(Split("x; /* y"), ElementsAre("x", "/* y"));
}

TEST(StatementSplitterTest, TellsTheLineThatAStatementBeginsOn) {
  StatementSplitter splitter(StatementSplitter::Backslash::kPlainText);
  std::vector<int> lines;
  for (const char* portion : {"\n-- c\nSELECT\n1;", " SELECT\n", "2;\n3;\n"}) {
    splitter.Add(portion);
    while (auto item = splitter.Next()) lines.push_back(item->line);
  }
  EXPECT_THAT(lines, ElementsAre(3, 4, 6));
}

TEST(StatementSplitterTest, TakesCommandsOutOfTheText) {
  StatementSplitter splitter(StatementSplitter::Backslash::kCommand);
  splitter.Add("\\d  packages\nSELECT '\\x' \\g\n+ 1;\n");
  const auto first = splitter.Next();
  EXPECT_EQ(first->kind, ScriptItem::Kind::kCommand);
  EXPECT_EQ(first->text, "d  packages");
  EXPECT_EQ(first->line, 1);
  const auto second = splitter.Next();
  EXPECT_EQ(second->text, "g");
  EXPECT_EQ(second->line, 2);
  EXPECT_EQ(splitter.pending(), "SELECT '\\x'");
  EXPECT_EQ(splitter.Next()->text, "SELECT '\\x' \n+ 1");
}

TEST(StatementSplitterTest, TellsWhatIsOpen) {
  EXPECT_EQ(StateBehind("SELECT 1;\n -- c\n"), State::kBetween);
  EXPECT_EQ(StateBehind("SELECT\n"), State::kStatement);
  EXPECT_EQ(StateBehind("SELECT 'a\n"), State::kString);
  EXPECT_EQ(StateBehind("SELECT \"a\n"), State::kQuotedName);
  EXPECT_EQ(StateBehind("SELECT $x$a\n"), State::kDollarString);
  EXPECT_EQ(StateBehind("SELECT /* /* */ \n"), State::kComment);
  EXPECT_EQ(StateBehind("SELECT (1;\n"), State::kParenthesis);
  EXPECT_EQ(StateBehind("CREATE FUNCTION f() BEGIN ATOMIC x;\n"),
            State::kRoutineBody);
}

TEST(StatementSplitterTest, SplitsAnyTextTheSameInPortions) {
  const std::vector<std::string> parts = {
      "'",    "\"",    "$$",
      "$a$",  "--",    "/*",
      "*/",   "\n",    "\n",
      ";",    ";",     "(",
      ")",    "E'",    "\\",
      " ",    "x",     "BEGIN ATOMIC ",
      "END ", "CASE ", "CREATE FUNCTION f() "};
  constexpr unsigned kSeed = 20240229;
  std::mt19937 random(kSeed);
  std::uniform_int_distribution<size_t> pick(0, parts.size() - 1);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (int i = 0; i < 15; ++i) text += parts[pick(random)];
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ": " << text);
    Split(text);
    if (testing::Test::HasFailure()) break;
  }
}

TEST(StatementSplitterTest, ForgetsWhatHasBegun) {
  StatementSplitter splitter(StatementSplitter::Backslash::kPlainText);
  splitter.Add("SELECT ('a\n");
  EXPECT_FALSE(splitter.Next().has_value());
  splitter.Clear();
  EXPECT_EQ(splitter.state(), State::kBetween);
  splitter.Add("SELECT 1;");
  EXPECT_EQ(splitter.Next()->text, "SELECT 1");
}

}  // namespace
}  // namespace sluice::cli

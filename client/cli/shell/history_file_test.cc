// What is recalled in a later session.

#include "client/cli/shell/history_file.h"

#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HistoryFileTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  const std::string folder_ =
      absl::StrCat(testing::TempDir(), "sluice-history-test");
  const std::string path_ = absl::StrCat(folder_, "/a/b/history");
};

TEST_F(HistoryFileTest, KeepsLinesOfSeveralSessionsForItsOwnerAlone) {
  HistoryFile first(path_);
  HistoryFile second(path_);
  EXPECT_THAT(first.lines(), IsEmpty());
  first.Append({"one", "two"});
  second.Append({"three"});
  EXPECT_THAT(HistoryFile(path_).lines(), ElementsAre("one", "two", "three"));
  struct stat facts = {};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(HistoryFileTest, CutsAFileThatGrewTooLong) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < 2 * HistoryFile::kKeptLines + 1; ++i) {
    lines.push_back(absl::StrCat(i));
  }
  HistoryFile(path_).Append(lines);
  EXPECT_EQ(HistoryFile(path_).lines().size(), HistoryFile::kKeptLines);
  const HistoryFile cut(path_);
  EXPECT_EQ(cut.lines().size(), HistoryFile::kKeptLines);
  EXPECT_EQ(cut.lines().back(), lines.back());
}

TEST(HistoryLinesTest, JoinsAStatementWhereThatMeansTheSame) {
  EXPECT_THAT(MakeHistoryLines("SELECT 1,\n  2;"), ElementsAre("SELECT 1, 2;"));
  EXPECT_THAT(MakeHistoryLines("SELECT 1 -- c\n  + 2;"),
              ElementsAre("SELECT 1 -- c", "  + 2;"));
  EXPECT_THAT(MakeHistoryLines("SELECT 'a\nb';"),
              ElementsAre("SELECT 'a", "b';"));
}

}  // namespace
}  // namespace sluice::cli

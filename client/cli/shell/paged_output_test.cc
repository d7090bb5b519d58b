// When a pager is started, and what it gets.

#include "client/cli/shell/paged_output.h"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class PagedOutputTest : public testing::Test {
 protected:
  void SetUp() override {
    std::remove(path_.c_str());
    std::signal(SIGPIPE, SIG_IGN);
  }

  const std::string path_ =
      absl::StrCat(testing::TempDir(), "sluice-paged-output-test");
};

TEST_F(PagedOutputTest, PagesWhatIsLongerThanTheScreen) {
  PagedOutput output(absl::StrCat("cat > ", path_), /*screen_lines=*/3);
  output.Write("1\n2\n");
  output.Write("3\n4\n");
  output.Write("5\n");
  output.Close();
  EXPECT_EQ(ReadFile(path_), "1\n2\n3\n4\n5\n");
}

TEST_F(PagedOutputTest, ShowsWhatFitsWithoutAPager) {
  testing::internal::CaptureStdout();
  {
    PagedOutput output(absl::StrCat("cat > ", path_), /*screen_lines=*/3);
    output.Write("1\n2\n");
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "1\n2\n");
  EXPECT_EQ(ReadFile(path_), "");
}

TEST_F(PagedOutputTest, IsClosedWhenThePagerIsLeft) {
  PagedOutput output("true", /*screen_lines=*/1);
  const std::string line(1 << 16, 'x');
  for (int i = 0; i < 10'000 && output.is_open(); ++i)
    output.Write(line + "\n");
  EXPECT_EQ(output.state(), Output::State::kClosedByReader);
}

}  // namespace
}  // namespace sluice::cli

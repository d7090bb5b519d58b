// The command line.

#include "server/pgbouncer_sync/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::pgbouncer_sync {
namespace {

using Action = Options::Action;

TEST(OptionsTest, SayWhatToDo) {
  EXPECT_EQ(ParseOptions({"--config", "f"})->action, Action::kRun);
  EXPECT_EQ(ParseOptions({"--config", "f"})->config_file, "f");
  EXPECT_EQ(ParseOptions({"--once", "--config", "f"})->action, Action::kOnce);
  EXPECT_EQ(ParseOptions({"--config", "f", "--check"})->action, Action::kCheck);
  EXPECT_EQ(ParseOptions({"--config", "f", "--help"})->action, Action::kHelp);
  EXPECT_EQ(ParseOptions({"--version"})->action, Action::kVersion);
}

TEST(OptionsTest, RefuseAnythingElse) {
  const std::vector<std::vector<std::string>> lines = {
      {},
      {"--config"},
      {"--once"},
      {"--config", ""},
      {"--config", "f", "--onse"},
      {"--config", "f", "g"},
      {"--config", "f", "--once", "--check"}};
  for (const std::vector<std::string>& line : lines) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseOptions(line).status()));
  }
}

}  // namespace
}  // namespace sluice::pgbouncer_sync

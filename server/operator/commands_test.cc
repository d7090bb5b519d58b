#include "server/operator/commands.h"

#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::operators {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Says what it was called with.
absl::Status Echo(const Arguments& arguments, std::ostream& output) {
  for (const std::string& operand : arguments.operands()) {
    if (operand == "fail") return absl::UnavailableError("it failed");
    if (operand == "refuse") return WrongUse("it is refused");
    output << operand << ";";
  }
  output << "flag=" << arguments.Has("--flag")
         << " value=" << arguments.ValueOf("--value", "none");
  return absl::OkStatus();
}

class CommandsTest : public testing::Test {
 protected:
  int Run(const std::vector<std::string>& words) {
    output_.str("");
    errors_.str("");
    const std::vector<Command> commands = {
        {.name = "thing echo",
         .summary = "says it",
         .usage = "Usage: sluice thing echo\n",
         .min_operands = 1,
         .max_operands = 2,
         .options = {{"--flag"}, {"--value", OptionValue::kNeeded}},
         .run = Echo},
        {.name = "other thing", .summary = "does nothing", .run = Echo}};
    return RunCommandLine(commands, words, output_, errors_);
  }

  std::ostringstream output_;
  std::ostringstream errors_;
};

TEST_F(CommandsTest, RunsTheCommandOfItsWords) {
  EXPECT_EQ(Run({"thing", "echo", "a", "--flag", "b"}), 0);
  EXPECT_EQ(output_.str(), "a;b;flag=1 value=none");
  EXPECT_EQ(errors_.str(), "");
}

TEST_F(CommandsTest, TakesAValueInBothForms) {
  EXPECT_EQ(Run({"thing", "echo", "a", "--value", "x"}), 0);
  EXPECT_THAT(output_.str(), HasSubstr("value=x"));
  EXPECT_EQ(Run({"thing", "echo", "--value=x=y", "a"}), 0);
  EXPECT_THAT(output_.str(), HasSubstr("value=x=y"));
}

TEST_F(CommandsTest, TakesWhatFollowsTwoDashesAsOperands) {
  EXPECT_EQ(Run({"thing", "echo", "--", "--flag", "-x"}), 0);
  EXPECT_EQ(output_.str(), "--flag;-x;flag=0 value=none");
}

TEST_F(CommandsTest, FailsWithOneWhenTheCommandFails) {
  EXPECT_EQ(Run({"thing", "echo", "fail"}), 1);
  EXPECT_EQ(errors_.str(), "sluice: it failed\n");
}

TEST_F(CommandsTest, FailsWithTwoOnAWrongCommandLine) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {},
           {"thing"},
           {"thing", "sing"},
           {"thing", "echo"},
           {"thing", "echo", "a", "b", "c"},
           {"thing", "echo", "a", "--other"},
           {"thing", "echo", "a", "--flag=x"},
           {"thing", "echo", "a", "--flag", "--flag"},
           {"thing", "echo", "a", "--value"},
           {"thing", "echo", "a", "--value="},
           {"thing", "echo", "refuse"}}) {
    EXPECT_EQ(Run(words), 2);
    EXPECT_THAT(errors_.str(), StartsWith("sluice: "));
    EXPECT_THAT(errors_.str(), HasSubstr("--help"));
    EXPECT_EQ(output_.str(), "");
  }
}

TEST_F(CommandsTest, HelpsWithAllAndWithOne) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(output_.str(), StartsWith("Usage: sluice COMMAND ...\n"));
  EXPECT_THAT(output_.str(), HasSubstr("thing echo      says it\n"));
  EXPECT_THAT(output_.str(), HasSubstr("other thing     does nothing\n"));
  EXPECT_EQ(Run({"thing", "echo", "--help"}), 0);
  EXPECT_EQ(output_.str(), "Usage: sluice thing echo\n");
}

TEST_F(CommandsTest, HelpsWithThoseOfAWord) {
  for (const char* help : {"--help", "-h"}) {
    EXPECT_EQ(Run({"thing", help}), 0);
    EXPECT_THAT(output_.str(), StartsWith("Usage: sluice thing COMMAND ...\n"));
    EXPECT_THAT(output_.str(), HasSubstr("thing echo      says it\n"));
    EXPECT_THAT(output_.str(), Not(HasSubstr("other thing")));
  }
  EXPECT_EQ(Run({"thing", "sing"}), 2);
  EXPECT_THAT(errors_.str(), HasSubstr("Try: sluice thing --help\n"));
}

TEST(AllCommandsTest, EachTellsItsUsageAndItsOptions) {
  for (const Command& command : AllCommands()) {
    EXPECT_THAT(std::string(command.usage),
                StartsWith(absl::StrCat("Usage: sluice ", command.name, " ")));
    EXPECT_THAT(std::string(command.usage), HasSubstr("Exit codes: "));
    EXPECT_LT(command.name.size(), 16u);
    for (const OptionRule& option : command.options) {
      EXPECT_THAT(std::string(command.usage),
                  HasSubstr(absl::StrCat("\n  ", option.name)));
    }
  }
}

}  // namespace
}  // namespace sluice::operators

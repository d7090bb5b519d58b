#include "server/provision/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/provision/connection_string.h"

namespace sluice::provision {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Action = Options::Action;

std::string FaultOf(const std::vector<std::string>& arguments) {
  const absl::StatusOr<Options> options = ParseOptions(arguments);
  return options.ok() ? "" : std::string(options.status().message());
}

TEST(OptionsTest, TakesValuesAfterTheNameOrAfterAnEqualsSign) {
  const absl::StatusOr<Options> options =
      ParseOptions({"schema", "--connect=dbname=app", "served", "--grant-to",
                    "one", "--grant-to=two", "--check"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->action, Action::kCheck);
  EXPECT_EQ(options->connect, "dbname=app");
  EXPECT_THAT(options->grant_to, ElementsAre("one", "two"));
}

TEST(OptionsTest, KnowsTheTwoSchemas) {
  EXPECT_EQ(ParseOptions({"schema", "served"})->schema,
            Options::Schema::kServed);
  EXPECT_EQ(ParseOptions({"schema", "control"})->schema,
            Options::Schema::kControl);
}

TEST(OptionsTest, HelpAndVersionNeedNothingElse) {
  EXPECT_EQ(ParseOptions({"--help"})->action, Action::kHelp);
  EXPECT_EQ(ParseOptions({"-h"})->action, Action::kHelp);
  EXPECT_EQ(ParseOptions({"--version"})->action, Action::kVersion);
  EXPECT_EQ(ParseOptions({"schema", "served", "--check", "--help"})->action,
            Action::kHelp);
}

TEST(OptionsTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(FaultOf({}), HasSubstr("schema served"));
  EXPECT_THAT(FaultOf({"schema"}), HasSubstr("schema served"));
  EXPECT_THAT(FaultOf({"schema", "served", "app"}), HasSubstr("schema served"));
  EXPECT_THAT(FaultOf({"schema", "served", "--chek"}),
              HasSubstr("no option --chek"));
  EXPECT_THAT(FaultOf({"schema", "served", "--connect"}),
              HasSubstr("--connect needs a value"));
  EXPECT_THAT(FaultOf({"schema", "served", "--grant-to="}),
              HasSubstr("--grant-to needs a value"));
  EXPECT_THAT(FaultOf({"schema", "served", "--check", "--dry-run"}),
              HasSubstr("either --check or --dry-run"));
}

TEST(ConnectionStringTest, KeepsWhatIsGivenAndQuotesIt) {
  const absl::StatusOr<std::string> text =
      MakeConnectionString(R"(dbname='it\'s \\ here' connect_timeout=3)");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, AllOf(HasSubstr(R"(dbname='it\'s \\ here')"),
                           HasSubstr("connect_timeout='3'"),
                           HasSubstr("fallback_application_name="
                                     "'sluice-provision'")));
}

TEST(ConnectionStringTest, RefusesAPasswordAndWhatLibpqCannotRead) {
  for (const char* given :
       {"password=secret", "postgresql://user:secret@host/app"}) {
    const absl::StatusOr<std::string> text = MakeConnectionString(given);
    ASSERT_FALSE(text.ok()) << given;
    EXPECT_THAT(std::string(text.status().message()),
                AllOf(HasSubstr("PGPASSFILE")));
  }
  EXPECT_FALSE(MakeConnectionString("app").ok());
  EXPECT_FALSE(MakeConnectionString("no_such_keyword=1").ok());
}

}  // namespace
}  // namespace sluice::provision

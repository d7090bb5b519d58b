// `sluice policy check` and `explain`, by sluice-operator as it is shipped.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/operator/test_program_run.h"

namespace sluice::operators {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kPolicy[] = R"(apps:
  - name: orders
    spiffe_ids: [spiffe://sluice.example/app/orders]
    grants:
      - database: demo
        role: orders_ro
        access: [read]
        settings: {app.tenant: "7"}
      - database: demo
        role: orders_rw
        access: [write, listen]
        channels: ["orders_*", other]
      - database: legacy
        role: legacy
        access: [ddl]
    limits: {max_calls: 12, max_calls_per_second: 5, max_statement_time: 90s}
    tokens: {max_ttl: 5m}
  - name: idle
    spiffe_ids: [spiffe://sluice.example/app/idle]
    admin: true
)";

// None of its other files is there.
constexpr char kConfig[] = R"(listener: {certificate_file: none}
identity: {trust_domain: sluice.example}
policy_file: policy.yaml
databases:
  - name: demo
    entry: "primary/{role}"
  - name: legacy
    entry: old
  - name: unused
)";

class PolicyProgramTest : public testing::Test {
 protected:
  PolicyProgramTest() {
    std::string pattern = testing::TempDir() + "/policy_program.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    Write("policy.yaml", kPolicy);
    Write("sluiced.yaml", kConfig);
  }
  ~PolicyProgramTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
  }

  // In the folder of the files.
  ProgramRun Run(const std::string& arguments) {
    return RunProgram(absl::StrReplaceAll(arguments, {{"@", folder_ + "/"}}));
  }

  std::string folder_;
};

TEST_F(PolicyProgramTest, CheckTakesAGoodPolicyWithAndWithoutAConfiguration) {
  ProgramRun run = Run("policy check @policy.yaml");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("is valid; apps: 2, grants: 3, digest: "));
  EXPECT_THAT(run.output, HasSubstr("databases count as served"));
  run = Run("policy check @policy.yaml --config @sluiced.yaml");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, Not(HasSubstr("databases count as served")));
}

TEST_F(PolicyProgramTest, CheckTellsEveryFaultWithItsLine) {
  Write("policy.yaml",
        "apps:\n  - name: A\n    colour: red\n    spiffe_ids: [x]\n");
  const ProgramRun run = Run("policy check @policy.yaml");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("policy.yaml is not valid:\n"));
  EXPECT_THAT(run.output, HasSubstr("apps[0].colour: unknown field (line 3)"));
  EXPECT_THAT(run.output, HasSubstr("apps[0].name: expected"));
  EXPECT_THAT(run.output, HasSubstr("apps[0].spiffe_ids[0]: "));
}

TEST_F(PolicyProgramTest, CheckLooksAtWhatTheConfigurationServes) {
  Write("policy.yaml",
        absl::StrReplaceAll(kPolicy, {{"database: legacy", "database: new"}}));
  EXPECT_EQ(Run("policy check @policy.yaml").exit_code, 0);
  ProgramRun run = Run("policy check @policy.yaml --config @sluiced.yaml");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("\"new\" is not among `databases`"));
  Write("policy.yaml", kPolicy);
  Write("sluiced.yaml",
        absl::StrReplaceAll(kConfig, {{"sluice.example", "other.example"}}));
  run = Run("policy check @policy.yaml --config @sluiced.yaml");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("not of the trust domain other.example"));
}

TEST_F(PolicyProgramTest, CheckFailsForFilesThatAreNotThereOrNoYaml) {
  ProgramRun run = Run("policy check @none.yaml");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("can't read"));
  EXPECT_EQ(Run("policy check @policy.yaml --config @none.yaml").exit_code, 1);
  Write("sluiced.yaml", "databases: [{colour: red}]\n");
  run = Run("policy check @policy.yaml --config @sluiced.yaml");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("databases[0].colour: unknown field"));
  Write("policy.yaml", "a: &b [*b]");
  EXPECT_EQ(Run("policy check @policy.yaml").exit_code, 1);
}

TEST_F(PolicyProgramTest, ExplainTellsRolesEntriesChannelsAndLimits) {
  const ProgramRun run =
      Run("policy explain orders demo --config @sluiced.yaml");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.output,
            "app orders in database demo:\n"
            "  read: role orders_ro, entry primary/orders_ro\n"
            "    setting: app.tenant = \"7\"\n"
            "  write, listen: role orders_rw, entry primary/orders_rw\n"
            "    channels: orders_*, other\n"
            "  not granted (ACCESS_DENIED): ddl, copy\n"
            "limits, besides those of the server:\n"
            "  max_calls: 12\n"
            "  max_calls_per_second: 5, at once 5\n"
            "  max_statement_time: 1m30s\n"
            "tokens: valid for 5m, or as asked for up to 5m\n"
            "admin: no\n");
}

TEST_F(PolicyProgramTest, ExplainTakesAPolicyByItself) {
  ProgramRun run = Run("policy explain orders demo --policy @policy.yaml");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("entry demo.orders_ro\n"));
  Write("other.yaml",
        absl::StrReplaceAll(kPolicy, {{"[write, listen]", "[listen]"}}));
  run = Run(
      "policy explain orders demo --policy @other.yaml --config @sluiced.yaml");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("  listen: role orders_rw, entry primary"));
}

TEST_F(PolicyProgramTest, ExplainTellsWhyAnAppMayDoNothing) {
  ProgramRun run = Run("policy explain stranger demo --config @sluiced.yaml");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("no app \"stranger\""));
  EXPECT_THAT(run.output, HasSubstr("apps: idle, orders"));
  run = Run("policy explain idle demo --config @sluiced.yaml");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("no grant of \"idle\" is for \"demo\""));
  EXPECT_THAT(run.output, HasSubstr("grants for: none"));
  run = Run("policy explain orders nowhere --config @sluiced.yaml");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("no such database"));
  EXPECT_THAT(run.output, HasSubstr("grants for: demo, legacy"));
  Write("policy.yaml", "apps: [{}]");
  EXPECT_EQ(Run("policy explain orders demo --config @sluiced.yaml").exit_code,
            1);
}

TEST_F(PolicyProgramTest, WrongCommandLinesAreToldApart) {
  for (const char* arguments :
       {"policy", "policy check", "policy check a b",
        "policy check @x --colour", "policy explain orders demo",
        "policy explain orders --config x",
        "policy explain orders demo more --config x"}) {
    EXPECT_EQ(Run(arguments).exit_code, 2) << arguments;
  }
  EXPECT_EQ(Run("policy explain --help").exit_code, 0);
}

}  // namespace
}  // namespace sluice::operators

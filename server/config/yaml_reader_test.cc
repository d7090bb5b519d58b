#include "server/config/yaml_reader.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {
namespace {

using testing::HasSubstr;

class YamlReaderTest : public testing::Test {
 protected:
  void Read(const std::string& text) {
    config_.Clear();
    faults_ = ConfigFaults();
    ReadYaml(text, config_, faults_);
  }

  // Reads `text` and gives its faults.
  std::string FaultsOf(const std::string& text) {
    Read(text);
    return std::string(faults_.ToStatus().message());
  }

  v1::Config config_;
  ConfigFaults faults_;
};

TEST_F(YamlReaderTest, ReadsEveryTypeOfField) {
  Read(R"(
listener: {address: "::1", port: 7433}
apps:
  - name: a
    databases: [x, 'y']
  - name: b
pool:
  idle_timeout: 1m30s
  max_lifetime: 1.5s
limits: {max_rows: 12345678901}
errors: {include_detail: true}
)");
  ASSERT_TRUE(faults_.ToStatus().ok()) << faults_.ToStatus();
  EXPECT_EQ(config_.listener().address(), "::1");
  EXPECT_EQ(config_.listener().port(), 7433);
  ASSERT_EQ(config_.apps_size(), 2);
  EXPECT_EQ(config_.apps(0).databases(1), "y");
  EXPECT_EQ(config_.apps(1).name(), "b");
  EXPECT_EQ(config_.pool().idle_timeout().seconds(), 90);
  EXPECT_EQ(config_.pool().max_lifetime().nanos(), 500'000'000);
  EXPECT_EQ(config_.limits().max_rows(), 12345678901);
  EXPECT_TRUE(config_.errors().include_detail());
}

TEST_F(YamlReaderTest, MessageOrListWithoutAValueIsEmpty) {
  for (const char* text : {"", "# nothing\n", "---\n", "pool:\napps:\n"}) {
    Read(text);
    EXPECT_TRUE(faults_.ToStatus().ok()) << faults_.ToStatus();
  }
}

TEST_F(YamlReaderTest, KnowsWhatIsGiven) {
  Read("pool: {max_waiters: 0}\napps: [{name: a}]");
  EXPECT_TRUE(faults_.IsGiven("pool.max_waiters"));
  EXPECT_FALSE(faults_.IsGiven("pool.max_opening"));
  EXPECT_TRUE(faults_.IsGiven("apps[0].name"));
}

TEST_F(YamlReaderTest, ReportsAllFaultsWithPathAndLine) {
  EXPECT_EQ(FaultsOf(R"(listener:
  port: many
  colour: red
apps:
  - name: a
    databases: x
  - b
pool:
  max_opening: 4
  max_opening: 5
)"),
            "listener.port: expected a whole number, 0 or more (line 2)\n"
            "listener.colour: unknown field (line 3)\n"
            "apps[0].databases: expected a list (line 6)\n"
            "apps[1]: expected fields with values (line 7)\n"
            "pool.max_opening: given twice (line 10)");
  EXPECT_EQ(config_.pool().max_opening(), 4);
}

TEST_F(YamlReaderTest, RefusesValuesOfAnotherType) {
  for (const char* value : {"-1", "4294967296", "1.5", "'5'", "x", "1_000",
                            "1e3", "0x10", "[1]", "{a: 1}", "~", "", "true"}) {
    EXPECT_NE(FaultsOf(std::string("listener: {port: ") + value + "}"), "")
        << value;
  }
  for (const char* value : {"1", "x", "5 s", "inf", "-inf", "", "[1s]"}) {
    EXPECT_NE(FaultsOf(std::string("pool: {idle_timeout: ") + value + "}"), "")
        << value;
  }
  for (const char* value : {"yes", "1", "True", "'true'", "on"}) {
    EXPECT_NE(FaultsOf(std::string("errors: {include_detail: ") + value + "}"),
              "")
        << value;
  }
  EXPECT_NE(FaultsOf("limits: {max_rows: 9223372036854775808}"), "");
  EXPECT_NE(FaultsOf("listener: {address: [a]}"), "");
  EXPECT_NE(FaultsOf("listener: {address: }"), "");
  EXPECT_NE(FaultsOf("listener: 5"), "");
  EXPECT_NE(FaultsOf("- a"), "");
  EXPECT_NE(FaultsOf("apps: [{databases: [{a: b}]}]"), "");
  EXPECT_NE(FaultsOf("[a]: b"), "");
}

TEST_F(YamlReaderTest, RefusesWhatIsNoYaml) {
  EXPECT_THAT(FaultsOf("a: b\n  c: d"), HasSubstr("(line 2)"));
  EXPECT_NE(FaultsOf("a: [b"), "");
  EXPECT_NE(FaultsOf("a: 'b"), "");
  EXPECT_NE(FaultsOf("a: *unknown"), "");
  EXPECT_THAT(FaultsOf("pool:\n---\npool:\n"), HasSubstr("second document"));
  EXPECT_NE(FaultsOf(std::string(100'000, '[')), "");
}

}  // namespace
}  // namespace sluice::config

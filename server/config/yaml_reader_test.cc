#include "server/config/yaml_reader.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/config/v1/policy.pb.h"

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
databases:
  - name: a
  - name: b
outcome: {key_files: [x, 'y']}
revocation: {stale: refuse}
pool:
  idle_timeout: 1m30s
  max_lifetime: 1.5s
limits: {max_rows: 12345678901}
errors: {include_detail: true}
clusters:
  - system_identifier: 18446744073709551615
    discovery:
      static:
        nodes: [{host: a}, {host: b, port: 1}]
  - discovery: {dns: {names: [c]}}
)");
  ASSERT_TRUE(faults_.ToStatus().ok()) << faults_.ToStatus();
  EXPECT_EQ(config_.listener().address(), "::1");
  EXPECT_EQ(config_.listener().port(), 7433);
  ASSERT_EQ(config_.databases_size(), 2);
  EXPECT_EQ(config_.databases(1).name(), "b");
  EXPECT_EQ(config_.outcome().key_files(1), "y");
  EXPECT_EQ(config_.revocation().stale(), v1::STALE_REVOCATIONS_REFUSE);
  EXPECT_EQ(config_.pool().idle_timeout().seconds(), 90);
  EXPECT_EQ(config_.pool().max_lifetime().nanos(), 500'000'000);
  EXPECT_EQ(config_.limits().max_rows(), 12345678901);
  EXPECT_TRUE(config_.errors().include_detail());
  ASSERT_EQ(config_.clusters_size(), 2);
  EXPECT_EQ(config_.clusters(0).system_identifier(), UINT64_MAX);
  const v1::StaticDiscovery& nodes = config_.clusters(0).discovery().static_();
  ASSERT_EQ(nodes.nodes_size(), 2);
  EXPECT_EQ(nodes.nodes(1).host(), "b");
  EXPECT_EQ(config_.clusters(1).discovery().dns().names(0), "c");
}

TEST_F(YamlReaderTest, MessageOrListWithoutAValueIsEmpty) {
  for (const char* text : {"", "# nothing\n", "---\n", "pool:\ndatabases:\n"}) {
    Read(text);
    EXPECT_TRUE(faults_.ToStatus().ok()) << faults_.ToStatus();
  }
}

TEST_F(YamlReaderTest, KnowsWhatIsGiven) {
  Read("pool: {max_waiters: 0}\ndatabases: [{name: a}]");
  EXPECT_TRUE(faults_.IsGiven("pool.max_waiters"));
  EXPECT_FALSE(faults_.IsGiven("pool.max_opening"));
  EXPECT_TRUE(faults_.IsGiven("databases[0].name"));
}

TEST_F(YamlReaderTest, ReportsAllFaultsWithPathAndLine) {
  EXPECT_EQ(FaultsOf(R"(listener:
  port: many
  colour: red
outcome:
  key_files: x
databases:
  - b
pool:
  max_opening: 4
  max_opening: 5
)"),
            "listener.port: expected a whole number, 0 or more (line 2)\n"
            "listener.colour: unknown field (line 3)\n"
            "outcome.key_files: expected a list (line 5)\n"
            "databases[0]: expected fields with values (line 7)\n"
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
  for (const char* value : {"-1", "18446744073709551616", "1.5", "'5'", "~"}) {
    EXPECT_NE(
        FaultsOf(absl::StrCat("clusters: [{system_identifier: ", value, "}]")),
        "")
        << value;
  }
  EXPECT_NE(FaultsOf("listener: {address: [a]}"), "");
  EXPECT_NE(FaultsOf("listener: {address: }"), "");
  EXPECT_NE(FaultsOf("listener: 5"), "");
  EXPECT_NE(FaultsOf("- a"), "");
  EXPECT_NE(FaultsOf("outcome: {key_files: [{a: b}]}"), "");
  EXPECT_NE(FaultsOf("[a]: b"), "");
}

TEST_F(YamlReaderTest, RefusesWhatIsNoYaml) {
  EXPECT_THAT(FaultsOf("a: b\n  c: d"), HasSubstr("(line 2)"));
  EXPECT_NE(FaultsOf("a: [b"), "");
  EXPECT_NE(FaultsOf("a: 'b"), "");
  EXPECT_NE(FaultsOf("a: *unknown"), "");
  for (const char control : {'\0', '\1', '\4', '\x1b', '\x7f'}) {
    EXPECT_THAT(FaultsOf(std::string(1, control) + ",+ x:-"),
                HasSubstr("control character"));
    EXPECT_THAT(FaultsOf(std::string("pool:\n") + control + "pool:\n"),
                HasSubstr("control character"));
  }
  EXPECT_THAT(FaultsOf("identity: {trust_domain: \"\xff\"}"),
              HasSubstr("not UTF-8"));
  EXPECT_THAT(FaultsOf("pool:\n---\npool:\n"), HasSubstr("second document"));
  EXPECT_NE(FaultsOf(std::string(100'000, '[')), "");
}

TEST_F(YamlReaderTest, RefusesAnchorsAndAliases) {
  EXPECT_THAT(FaultsOf("pool: &a {}\nlimits: *a\n"),
              HasSubstr("anchors are refused (line 1)"));
  EXPECT_THAT(FaultsOf("a: &b 1"), HasSubstr("anchors are refused"));
  EXPECT_THAT(FaultsOf("a: [1, &b ~]"), HasSubstr("anchors are refused"));
  EXPECT_THAT(FaultsOf("a: &b\n  - 1"), HasSubstr("anchors are refused"));
  EXPECT_THAT(FaultsOf("&a a: 1"), HasSubstr("anchors are refused"));
}

class PolicyReaderTest : public testing::Test {
 protected:
  void Read(const std::string& text) {
    policy_.Clear();
    faults_ = ConfigFaults();
    ReadYaml(text, policy_, faults_);
  }
  std::string FaultsOf(const std::string& text) {
    Read(text);
    return std::string(faults_.ToStatus().message());
  }

  v1::Policy policy_;
  ConfigFaults faults_;
};

TEST_F(PolicyReaderTest, ReadsMapsListsOfNamesAndFractions) {
  Read(R"(
apps:
  - grants:
      - access: [read, ddl]
        settings:
          app.tenant: 7
          app.empty: ""
    limits: {max_calls_per_second: 0.5}
  - limits: {max_calls_per_second: 1e3}
)");
  ASSERT_TRUE(faults_.ToStatus().ok()) << faults_.ToStatus();
  const v1::Grant& grant = policy_.apps(0).grants(0);
  ASSERT_EQ(grant.access_size(), 2);
  EXPECT_EQ(grant.access(0), v1::ACCESS_READ);
  EXPECT_EQ(grant.access(1), v1::ACCESS_DDL);
  ASSERT_EQ(grant.settings_size(), 2);
  EXPECT_EQ(grant.settings().at("app.tenant"), "7");
  EXPECT_EQ(grant.settings().at("app.empty"), "");
  EXPECT_EQ(policy_.apps(0).limits().max_calls_per_second(), 0.5);
  EXPECT_EQ(policy_.apps(1).limits().max_calls_per_second(), 1000);
}

TEST_F(PolicyReaderTest, RefusesOtherNamesOfEnums) {
  for (const char* name : {"READ", "ACCESS_READ", "access_read", "unspecified",
                           "1", "''", "reads", "~", "[read]"}) {
    EXPECT_THAT(
        FaultsOf(absl::StrCat("apps: [{grants: [{access: [", name, "]}]}]")),
        HasSubstr("apps[0].grants[0].access[0]: expected"))
        << name;
  }
}

TEST_F(PolicyReaderTest, RefusesFractionsThatAreNone) {
  for (const char* number : {"inf", "nan", ".inf", "'1'", "1:5", "x", "~"}) {
    EXPECT_THAT(FaultsOf(absl::StrCat(
                    "apps: [{limits: {max_calls_per_second: ", number, "}}]")),
                HasSubstr("apps[0].limits.max_calls_per_second: "))
        << number;
  }
}

TEST_F(PolicyReaderTest, RefusesMapsThatAreNone) {
  const auto faults_of = [this](const std::string& settings) {
    return FaultsOf(
        absl::StrCat("apps: [{grants: [{settings: ", settings, "}]}]"));
  };
  EXPECT_THAT(faults_of("[a.b]"), HasSubstr("expected fields with values"));
  EXPECT_THAT(faults_of("{a.b: [c]}"),
              HasSubstr("settings.a.b: expected a single value"));
  EXPECT_THAT(faults_of("{a.b: }"), HasSubstr("expected a single value"));
  EXPECT_THAT(faults_of("{a.b: c, a.b: d}"), HasSubstr("given twice"));
  EXPECT_THAT(faults_of("{[a]: c}"), HasSubstr("is no text"));
}

}  // namespace
}  // namespace sluice::config

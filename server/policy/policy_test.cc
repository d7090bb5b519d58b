// Tests what makes a policy, and what is wrong with one.

#include "server/policy/policy.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/policy_loader.h"

namespace sluice::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr char kPolicy[] = R"(apps:
  - name: orders
    spiffe_ids:
      - spiffe://sluice.example/app/orders
      - spiffe://sluice.example/app/orders-blue
    grants:
      - database: orders
        role: orders_ro
        access: [read]
        settings: {app.tenant: "7"}
      - database: orders
        role: orders_rw
        access: [write, listen]
        channels: ["orders_*"]
      - database: legacy
        role: legacy
        access: [read, copy]
    limits:
      max_calls: 5
      max_calls_per_second: 2.5
      max_transaction_time: 3s
    tokens: {max_ttl: 5m}
    admin: true
  - name: batch
    common_names: [batch.internal]
)";

config::v1::Config MakeConfig() {
  config::v1::Config config;
  config.mutable_identity()->set_trust_domain("sluice.example");
  config.mutable_identity()->set_allow_common_names(true);
  config.mutable_tokens()->mutable_default_ttl()->set_seconds(600);
  config.mutable_tokens()->mutable_max_ttl()->set_seconds(900);
  config::v1::Database& orders = *config.add_databases();
  orders.set_name("orders");
  orders.set_entry("orders.{role}");
  config::v1::Database& legacy = *config.add_databases();
  legacy.set_name("legacy");
  legacy.set_entry("legacy_primary");
  return config;
}

absl::StatusOr<std::shared_ptr<const Policy>> Make(const std::string& text) {
  config::PolicyFile file = config::ReadPolicy(text);
  return Policy::Make(file.policy, MakeConfig(), std::move(file.faults));
}

std::string FaultsOf(const std::string& text) {
  return std::string(Make(text).status().message());
}

// Faults of kPolicy with `from` replaced by `to`.
std::string FaultsWith(absl::string_view from, absl::string_view to) {
  const std::string text = absl::StrReplaceAll(kPolicy, {{from, to}});
  EXPECT_NE(text, kPolicy) << from;
  return FaultsOf(text);
}

TEST(PolicyTest, FindsAppsByTheirIdentitiesAndNames) {
  const auto policy = Make(kPolicy);
  ASSERT_TRUE(policy.ok()) << policy.status();
  ASSERT_EQ((*policy)->apps().size(), 2);
  const App* orders = (*policy)->FindAppByName("orders");
  ASSERT_NE(orders, nullptr);
  EXPECT_EQ((*policy)->FindApp("spiffe://sluice.example/app/orders"), orders);
  EXPECT_EQ((*policy)->FindApp("spiffe://sluice.example/app/orders-blue"),
            orders);
  const App* batch = (*policy)->FindApp("CN=batch.internal");
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->name, "batch");
  for (const char* stranger : {"", "orders", "batch.internal", "CN=orders",
                               "CN=", "spiffe://sluice.example/app/order",
                               "spiffe://sluice.example/app/orders/",
                               "CN=spiffe://sluice.example/app/orders"}) {
    EXPECT_EQ((*policy)->FindApp(stranger), nullptr) << stranger;
  }
}

TEST(PolicyTest, GrantsAreAsWritten) {
  const auto policy = Make(kPolicy);
  ASSERT_TRUE(policy.ok()) << policy.status();
  const App& app = *(*policy)->FindAppByName("orders");
  ASSERT_EQ(app.grants.size(), 3);
  EXPECT_EQ(app.grants[0].role, "orders_ro");
  EXPECT_EQ(app.grants[0].rights, Rights({Right::kRead}));
  EXPECT_THAT(app.grants[0].settings, ElementsAre(Pair("app.tenant", "7")));
  EXPECT_EQ(app.grants[1].role, "orders_rw");
  EXPECT_EQ(app.grants[1].rights, Rights({Right::kWrite, Right::kListen}));
  EXPECT_THAT(app.grants[1].channels, ElementsAre("orders_*"));
  EXPECT_EQ(app.grants[2].rights, Rights({Right::kRead, Right::kCopy}));
  EXPECT_EQ(app.RightsIn("orders"),
            Rights({Right::kRead, Right::kWrite, Right::kListen}));
  EXPECT_TRUE(app.MayUse("legacy"));
  EXPECT_FALSE(app.MayUse("other"));
  EXPECT_TRUE(app.admin);
  EXPECT_FALSE((*policy)->FindAppByName("batch")->admin);
}

TEST(PolicyTest, LimitsThatAreNotGivenAreNone) {
  const auto policy = Make(kPolicy);
  ASSERT_TRUE(policy.ok()) << policy.status();
  const AppLimits& some = (*policy)->FindAppByName("orders")->limits;
  EXPECT_EQ(some.max_calls, 5);
  EXPECT_EQ(some.max_calls_per_second, 2.5);
  EXPECT_EQ(some.burst_calls, 2);
  EXPECT_EQ(some.max_transaction_time, absl::Seconds(3));
  EXPECT_EQ(some.max_open_transactions, UINT32_MAX);
  const AppLimits& none = (*policy)->FindAppByName("batch")->limits;
  EXPECT_EQ(none.max_calls, UINT32_MAX);
  EXPECT_EQ(none.max_open_transactions, UINT32_MAX);
  EXPECT_EQ(none.max_calls_per_second, 0);
  EXPECT_EQ(none.max_statement_time, absl::InfiniteDuration());
  EXPECT_EQ(none.max_transaction_time, absl::InfiniteDuration());
  EXPECT_EQ(none.max_rows, INT64_MAX);
  EXPECT_EQ(none.max_result_bytes, INT64_MAX);
  EXPECT_EQ(none.max_stream_rows, INT64_MAX);
  EXPECT_EQ(none.max_stream_bytes, INT64_MAX);
}

TEST(PolicyTest, SlowAppsMayCallOnceAtLeast) {
  const auto policy = Make(absl::StrReplaceAll(
      kPolicy, {{"max_calls_per_second: 2.5", "max_calls_per_second: 0.5"}}));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ((*policy)->FindAppByName("orders")->limits.burst_calls, 1);
}

TEST(PolicyTest, TokensLastAsTheConfigurationSaysUnlessTheAppIsShorter) {
  const auto policy = Make(kPolicy);
  ASSERT_TRUE(policy.ok()) << policy.status();
  const App& shorter = *(*policy)->FindAppByName("orders");
  EXPECT_EQ(shorter.max_ttl, absl::Minutes(5));
  EXPECT_EQ(shorter.default_ttl, absl::Minutes(5));
  const App& plain = *(*policy)->FindAppByName("batch");
  EXPECT_EQ(plain.max_ttl, absl::Minutes(15));
  EXPECT_EQ(plain.default_ttl, absl::Minutes(10));
}

TEST(PolicyTest, DigestsAreEqualForEqualPoliciesAlone) {
  const auto one = Make(kPolicy);
  const auto same = Make(absl::StrCat("# a comment\n", kPolicy));
  const auto other = Make(absl::StrReplaceAll(kPolicy, {{"\"7\"", "\"8\""}}));
  ASSERT_TRUE(one.ok() && same.ok() && other.ok());
  EXPECT_EQ((*one)->digest().size(), 64);
  EXPECT_EQ((*one)->digest(), (*same)->digest());
  EXPECT_NE((*one)->digest(), (*other)->digest());
}

TEST(PolicyTest, EmptyPolicyDeniesEverybody) {
  const auto policy = Make("");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE((*policy)->apps().empty());
}

TEST(PolicyTest, ExampleOfTheDocumentationIsValid) {
  absl::StatusOr<config::PolicyFile> file =
      config::LoadPolicy(SLUICE_EXAMPLE_POLICY);
  ASSERT_TRUE(file.ok()) << file.status();
  config::v1::Config config = MakeConfig();
  config::v1::Database& demo = *config.add_databases();
  demo.set_name("demo");
  demo.set_entry("demo.{role}");
  const auto policy = Policy::Make(file->policy, config, file->faults);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ((*policy)->apps().size(), 3);
}

TEST(PolicyTest, EntriesAreFilledInWithTheRole) {
  const config::v1::Config config = MakeConfig();
  EXPECT_EQ(EntryFor(config.databases(0), "orders_ro"), "orders.orders_ro");
  EXPECT_EQ(EntryFor(config.databases(1), "legacy"), "legacy_primary");
}

TEST(PolicyTest, FaultsOfReadingAndOfSenseComeTogetherWithTheirLines) {
  EXPECT_EQ(FaultsOf(R"(apps:
  - name: Orders
    spiffe_ids: [spiffe://other.example/app/orders]
    grants:
      - database: none
        access: [read, raed]
        colour: red
    limits: {max_calls_per_second: fast}
  - grants: []
)"),
            "apps[0].grants[0].access[1]: expected one of read, write, ddl, "
            "copy, listen (line 6)\n"
            "apps[0].grants[0].colour: unknown field (line 7)\n"
            "apps[0].limits.max_calls_per_second: expected a number (line 8)\n"
            "apps[0].name: expected 1 to 63 of a-z, 0-9, '-' and '_' (line 2)\n"
            "apps[0].spiffe_ids[0]: it is not of the trust domain "
            "sluice.example (line 3)\n"
            "apps[0].grants[0].role: required (line 5)\n"
            "apps[0].grants[0].database: \"none\" is not among `databases` "
            "(line 5)\n"
            "apps[1].name: required (line 9)\n"
            "apps[1].spiffe_ids: required (line 9)");
}

TEST(PolicyTest, NamesAndIdentitiesAreOfOneAppEach) {
  EXPECT_EQ(FaultsWith("name: batch", "name: orders"),
            "apps[1].name: \"orders\" is not unique (line 24)");
  EXPECT_EQ(FaultsWith("app/orders-blue", "app/orders"),
            "apps[0].spiffe_ids[1]: \"spiffe://sluice.example/app/orders\" is "
            "not unique (line 5)");
  EXPECT_EQ(FaultsWith("common_names: [batch.internal]",
                       "spiffe_ids: [spiffe://sluice.example/app/orders]"),
            "apps[1].spiffe_ids[0]: \"spiffe://sluice.example/app/orders\" is "
            "not unique (line 25)");
  EXPECT_THAT(FaultsWith("[batch.internal]", "[a, a]"),
              HasSubstr("apps[1].common_names[1]: \"a\" is not unique"));
}

TEST(PolicyTest, IdentitiesAreWellFormed) {
  for (const char* id :
       {"app/orders-blue", "spiffe://sluice.example",
        "spiffe://sluice.example/../x", "Spiffe://sluice.example/x",
        "spiffe://sluice.example.com/x", "''"}) {
    EXPECT_THAT(FaultsWith("spiffe://sluice.example/app/orders-blue", id),
                HasSubstr("apps[0].spiffe_ids[1]: "))
        << id;
  }
  for (const char* name : {"''", "\"a\\nb\"", "\"\\xe9\""}) {
    EXPECT_THAT(FaultsWith("batch.internal", name),
                HasSubstr("apps[1].common_names[0]: "))
        << name;
  }
}

TEST(PolicyTest, CommonNamesAreRefusedUnlessTheConfigurationAllowsThem) {
  config::v1::Config config = MakeConfig();
  config.mutable_identity()->set_allow_common_names(false);
  const config::PolicyFile file = config::ReadPolicy(kPolicy);
  EXPECT_EQ(Policy::Make(file.policy, config, file.faults).status().message(),
            "apps[1].common_names[0]: refused without "
            "identity.allow_common_names (line 25)");
}

TEST(PolicyTest, AClassOfStatementsHasOneGrantPerDatabase) {
  EXPECT_EQ(FaultsWith("[write, listen]", "[write, listen, read]"),
            "apps[0].grants[1].access[2]: the app has it for this database "
            "already (line 13)");
  EXPECT_EQ(FaultsWith("access: [read]\n", "access: [read, read]\n"),
            "apps[0].grants[0].access[1]: the app has it for this database "
            "already (line 9)");
  EXPECT_THAT(FaultsWith("access: [read]\n", "access: []\n"),
              HasSubstr("apps[0].grants[0].access: at least one is required"));
  EXPECT_THAT(FaultsWith("[read, copy]", "[read, unspecified]"),
              HasSubstr("expected one of"));
}

TEST(PolicyTest, AnEntryWithoutTheRoleIsForOneRole) {
  EXPECT_EQ(
      FaultsWith("  - name: batch\n",
                 "  - name: batch\n    grants:\n"
                 "      - {database: legacy, role: other, access: [write]}\n"),
      "apps[1].grants[0].role: the entry of this database has no {role} and is "
      "for the role \"legacy\" already (line 26)");
  EXPECT_EQ(
      FaultsWith("  - name: batch\n",
                 "  - name: batch\n    grants:\n"
                 "      - {database: legacy, role: legacy, access: [read]}\n"),
      "");
}

TEST(PolicyTest, NamesOfEntriesFitPostgres) {
  EXPECT_EQ(FaultsWith("orders_rw", std::string(56, 'r')), "");
  EXPECT_THAT(FaultsWith("orders_rw", std::string(57, 'r')),
              HasSubstr("apps[0].grants[1].role: expected 1 to 63 bytes"));
}

TEST(PolicyTest, ChannelsNeedTheRightToListen) {
  EXPECT_THAT(FaultsWith("[write, listen]", "[write]"),
              HasSubstr("channels: has no use without access to listen"));
  EXPECT_THAT(FaultsWith("[\"orders_*\"]", "['']"),
              HasSubstr("apps[0].grants[1].channels[0]: required"));
  EXPECT_THAT(FaultsWith("[\"orders_*\"]", "[a, a]"),
              HasSubstr("apps[0].grants[1].channels[1]: \"a\" is not unique"));
}

TEST(PolicyTest, SettingsHaveNamesThatPostgresTakesForCustomOnes) {
  for (const char* name : {"app", "app.", ".tenant", "App.tenant", "app.a b",
                           "app..tenant", "search_path", "app.7", "''"}) {
    EXPECT_THAT(FaultsWith("app.tenant", name),
                HasSubstr("apps[0].grants[0].settings."))
        << name;
  }
  for (const char* name : {"a.b.c", "_a._7", "my_app.tenant_id"}) {
    EXPECT_EQ(FaultsWith("app.tenant", name), "") << name;
  }
  EXPECT_THAT(FaultsWith("\"7\"", "\"\\0\""),
              HasSubstr("without a zero byte (line 10)"));
  EXPECT_THAT(FaultsWith("\"7\"", std::string(1025, '7')),
              HasSubstr("at most 1024 bytes"));
}

TEST(PolicyTest, SettingsAreTheSameForARoleInADatabase) {
  const char* other =
      "  - name: batch\n    grants:\n"
      "      - {database: orders, role: orders_ro, access: [read]}\n";
  EXPECT_EQ(FaultsWith("  - name: batch\n", other),
            "apps[1].grants[0].settings: another grant of this role in this "
            "database has others (line 26)");
}

TEST(PolicyTest, LimitsMakeSense) {
  for (const char* limit :
       {"max_calls_per_second: -1", "max_calls_per_second: 1e-9",
        "max_calls_per_second: 1e9", "max_calls_per_second: inf",
        "max_calls_per_second: nan", "max_calls_per_second: '1'",
        "max_rows: -1", "max_result_bytes: -1", "max_stream_rows: -1",
        "max_stream_bytes: -1", "max_statement_time: -1s",
        "max_transaction_time: -1ns"}) {
    const std::string name(limit, std::string(limit).find(':'));
    EXPECT_THAT(FaultsWith("max_calls_per_second: 2.5\n"
                           "      max_transaction_time: 3s",
                           limit),
                HasSubstr(absl::StrCat("apps[0].limits.", name, ": ")))
        << limit;
  }
  EXPECT_THAT(FaultsWith("max_calls_per_second: 2.5", "burst_calls: 5"),
              HasSubstr("has no use without max_calls_per_second"));
  EXPECT_EQ(
      FaultsWith("max_calls_per_second: 2.5", "max_calls_per_second: 1e3"), "");
}

TEST(PolicyTest, TokensStayWithinTheConfiguration) {
  EXPECT_THAT(FaultsWith("max_ttl: 5m", "max_ttl: 16m"),
              HasSubstr("more than tokens.max_ttl of the configuration"));
  EXPECT_THAT(FaultsWith("max_ttl: 5m", "default_ttl: 16m"),
              HasSubstr("more than tokens.max_ttl of the configuration"));
  EXPECT_THAT(FaultsWith("max_ttl: 5m", "max_ttl: 5m, default_ttl: 6m"),
              HasSubstr("apps[0].tokens.default_ttl: more than max_ttl"));
  EXPECT_THAT(FaultsWith("max_ttl: 5m", "max_ttl: 0s"),
              HasSubstr("expected 1s or more"));
  EXPECT_THAT(FaultsWith("max_ttl: 5m", "default_ttl: 500ms"),
              HasSubstr("expected 1s or more"));
}

TEST(PolicyTest, OfVeryManyFaultsTheFirstAreTold) {
  std::string text = "apps:\n";
  for (int i = 0; i < 1000; ++i) text += "  - {}\n";
  const std::string faults = FaultsOf(text);
  EXPECT_LT(faults.size(), 10'000);
  EXPECT_THAT(faults, HasSubstr("\nand 1900 more"));
}

}  // namespace
}  // namespace sluice::policy

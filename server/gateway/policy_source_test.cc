#include "server/gateway/policy_source.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::gateway {
namespace {

using testing::HasSubstr;

class PolicySourceTest : public testing::Test {
 protected:
  PolicySourceTest() {
    std::string pattern = testing::TempDir() + "/policy_source.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    config_.mutable_identity()->set_trust_domain("sluice.example");
    config_.mutable_tokens()->mutable_default_ttl()->set_seconds(600);
    config_.mutable_tokens()->mutable_max_ttl()->set_seconds(900);
    config_.set_policy_file(folder_ + "/policy.yaml");
  }
  ~PolicySourceTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text) {
    std::ofstream(config_.policy_file()) << text;
  }

  static std::string WithApp(const std::string& name) {
    return absl::StrCat("apps:\n  - name: ", name,
                        "\n    spiffe_ids: [spiffe://sluice.example/", name,
                        "]\n");
  }

  std::string folder_;
  config::v1::Config config_;
};

TEST_F(PolicySourceTest, OpensWhatTheConfigurationNames) {
  Write(WithApp("one"));
  const auto source = PolicySource::Open(config_);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_NE((*source)->policy().Get()->FindAppByName("one"), nullptr);
}

TEST_F(PolicySourceTest, DoesNotOpenWithoutAValidFile) {
  EXPECT_TRUE(absl::IsNotFound(PolicySource::Open(config_).status()));
  Write("apps: [{name: ONE}]");
  EXPECT_THAT(std::string(PolicySource::Open(config_).status().message()),
              HasSubstr("apps[0].name"));
}

TEST_F(PolicySourceTest, AnotherPolicyTakesThePlaceOfTheOneInForce) {
  Write(WithApp("one"));
  const auto source = PolicySource::Open(config_);
  ASSERT_TRUE(source.ok()) << source.status();
  const std::shared_ptr<const policy::Policy> before =
      (*source)->policy().Get();
  const absl::Time load_time = (*source)->load_time();
  Write(WithApp("two"));
  const absl::StatusOr<Reload> reload = (*source)->ReadAnew();
  ASSERT_TRUE(reload.ok()) << reload.status();
  EXPECT_EQ(*reload, Reload::kChanged);
  EXPECT_EQ((*source)->policy().Get()->FindAppByName("one"), nullptr);
  EXPECT_NE((*source)->policy().Get()->FindAppByName("two"), nullptr);
  EXPECT_GT((*source)->load_time(), load_time);
  // Who has it keeps it.
  EXPECT_NE(before->FindAppByName("one"), nullptr);
}

TEST_F(PolicySourceTest, TheSamePolicyIsNoChange) {
  Write(WithApp("one"));
  const auto source = PolicySource::Open(config_);
  ASSERT_TRUE(source.ok()) << source.status();
  const std::shared_ptr<const policy::Policy> before =
      (*source)->policy().Get();
  Write("# a comment\n" + WithApp("one"));
  const absl::StatusOr<Reload> reload = (*source)->ReadAnew();
  ASSERT_TRUE(reload.ok()) << reload.status();
  EXPECT_EQ(*reload, Reload::kUnchanged);
  EXPECT_EQ((*source)->policy().Get(), before);
}

TEST_F(PolicySourceTest, ARefusedFileLeavesThePolicyInForce) {
  Write(WithApp("one"));
  const auto source = PolicySource::Open(config_);
  ASSERT_TRUE(source.ok()) << source.status();
  for (const char* text : {"apps: [", "apps: [{name: two}]", "nothing: 1"}) {
    Write(text);
    EXPECT_TRUE(absl::IsInvalidArgument((*source)->ReadAnew().status()));
    EXPECT_NE((*source)->policy().Get()->FindAppByName("one"), nullptr);
  }
  std::filesystem::remove(config_.policy_file());
  EXPECT_TRUE(absl::IsNotFound((*source)->ReadAnew().status()));
  EXPECT_NE((*source)->policy().Get()->FindAppByName("one"), nullptr);
}

}  // namespace
}  // namespace sluice::gateway

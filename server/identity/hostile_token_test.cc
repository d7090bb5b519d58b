// Tokens that somebody would like to be taken for valid.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/identity/test_deployment.h"
#include "server/identity/test_hostile_tokens.h"
#include "server/identity/test_withdrawn_tokens.h"

namespace sluice::identity {
namespace {

template <typename Token>
std::string NameOf(const testing::TestParamInfo<Token>& token) {
  return token.param.name;
}

// Each after its valid twin, with and without the twin remembered.
class HostileTokenTest : public testing::TestWithParam<ForgedToken> {};

TEST_P(HostileTokenTest, IsRefused) {
  TestDeployment deployment;
  const TokenForge forge = deployment.forge();
  const std::string hostile = GetParam().make(forge);
  EXPECT_EQ(deployment.Verify(hostile), TokenInvalidError());
  ASSERT_NE(hostile, forge.Valid());
  ASSERT_TRUE(deployment.Verify(forge.Valid()).ok());
  EXPECT_EQ(deployment.Verify(hostile), TokenInvalidError());
  EXPECT_TRUE(deployment.Verify(forge.Valid()).ok());
  // Another caller's are sound but for that.
  const bool is_sound = GetParam().name == "AnotherThumbprint" ||
                        GetParam().name == "AnotherSubject";
  EXPECT_EQ(deployment.verifier().Inspect(hostile, deployment.now()).ok(),
            is_sound);
}
INSTANTIATE_TEST_SUITE_P(Table, HostileTokenTest,
                         testing::ValuesIn(HostileTokens()),
                         NameOf<ForgedToken>);

class BorderlineTokenTest : public testing::TestWithParam<ForgedToken> {};

TEST_P(BorderlineTokenTest, IsValid) {
  TestDeployment deployment;
  const std::string token = GetParam().make(deployment.forge());
  EXPECT_TRUE(deployment.Verify(token).ok()) << token;
}
INSTANTIATE_TEST_SUITE_P(Table, BorderlineTokenTest,
                         testing::ValuesIn(BorderlineTokens()),
                         NameOf<ForgedToken>);

// As the deny list says it. Remembered or not, it is refused.
class RevokedTokenTest : public testing::TestWithParam<RevokedToken> {};

TEST_P(RevokedTokenTest, IsRefused) {
  TestDeployment deployment;
  const TokenForge forge = deployment.forge();
  std::string line =
      absl::StrCat(GetParam().kind, " ", GetParam().value(forge));
  if (GetParam().kind == "app") {
    absl::StrAppend(&line, " ",
                    absl::FormatTime(absl::RFC3339_full, deployment.now(),
                                     absl::UTCTimeZone()));
  }
  const absl::StatusOr<Revocations> revocations =
      Revocations::ParseDenyList(line);
  ASSERT_TRUE(revocations.ok()) << revocations.status();
  deployment.SetRevocations(*revocations);
  EXPECT_EQ(deployment.Verify(forge.Valid()), TokenInvalidError());
  deployment.SetRevocations({});
  ASSERT_TRUE(deployment.Verify(forge.Valid()).ok());
  deployment.SetRevocations(*revocations);
  EXPECT_EQ(deployment.Verify(forge.Valid()), TokenInvalidError());
  EXPECT_FALSE(
      deployment.verifier().Inspect(forge.Valid(), deployment.now()).ok());
}
INSTANTIATE_TEST_SUITE_P(Table, RevokedTokenTest,
                         testing::ValuesIn(RevokedTokens()),
                         NameOf<RevokedToken>);

// A token whose key the deployment retires, after its twin has been verified.
std::string RetireKeyOf(const RetiredKeyToken& token,
                        TestDeployment& deployment) {
  const TokenForge forge = deployment.forge();
  EXPECT_TRUE(deployment.Verify(forge.Valid()).ok());
  const absl::Time retire_time = deployment.now() - token.retired_for;
  deployment.folder().GenerateActive(deployment.now());
  deployment.folder().Set(deployment.active(), KeyState::kRetired, retire_time);
  deployment.Reload();
  // Issued now, it is too late for all of them.
  EXPECT_EQ(deployment.Verify(forge.Valid()), TokenInvalidError());
  return MakeToken(token, forge, retire_time);
}

class RetiredKeyTokenTest : public testing::TestWithParam<RetiredKeyToken> {};

TEST_P(RetiredKeyTokenTest, IsRefused) {
  TestDeployment deployment;
  const std::string token = RetireKeyOf(GetParam(), deployment);
  EXPECT_EQ(deployment.Verify(token), TokenInvalidError());
  EXPECT_TRUE(deployment.Verify(deployment.Issue()).ok());
}
INSTANTIATE_TEST_SUITE_P(Table, RetiredKeyTokenTest,
                         testing::ValuesIn(HostileTokensOfRetiredKeys()),
                         NameOf<RetiredKeyToken>);

class BorderlineRetiredKeyTokenTest
    : public testing::TestWithParam<RetiredKeyToken> {};

TEST_P(BorderlineRetiredKeyTokenTest, IsValid) {
  TestDeployment deployment;
  EXPECT_TRUE(deployment.Verify(RetireKeyOf(GetParam(), deployment)).ok());
}
INSTANTIATE_TEST_SUITE_P(Table, BorderlineRetiredKeyTokenTest,
                         testing::ValuesIn(BorderlineTokensOfRetiredKeys()),
                         NameOf<RetiredKeyToken>);

TEST(ChangedTokenTest, IsRefusedAtEveryByte) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  TestDeployment deployment;
  const std::string token = deployment.Issue();
  ASSERT_TRUE(deployment.Verify(token).ok());
  for (size_t i = 0; i < token.size(); ++i) {
    std::vector<int> values = {0, '.', '=', ' ', '\n', '+', '/', '-', '_'};
    for (int bit = 0; bit < 8; ++bit) values.push_back(token[i] ^ (1 << bit));
    for (int n = 0; n < 4; ++n) values.push_back(static_cast<int>(random()));
    for (const int value : values) {
      std::string changed = token;
      changed[i] = static_cast<char>(value);
      if (changed == token) continue;
      ASSERT_EQ(deployment.Verify(changed), TokenInvalidError())
          << i << " " << value;
    }
    ASSERT_EQ(deployment.Verify(token.substr(0, i)), TokenInvalidError());
    ASSERT_EQ(deployment.Verify(token.substr(i + 1)), TokenInvalidError());
  }
  EXPECT_TRUE(deployment.Verify(token).ok());
}

}  // namespace
}  // namespace sluice::identity

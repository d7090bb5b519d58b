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

namespace sluice::identity {
namespace {

std::string NameOf(const testing::TestParamInfo<ForgedToken>& token) {
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
                         testing::ValuesIn(HostileTokens()), NameOf);

class BorderlineTokenTest : public testing::TestWithParam<ForgedToken> {};

TEST_P(BorderlineTokenTest, IsValid) {
  TestDeployment deployment;
  const std::string token = GetParam().make(deployment.forge());
  EXPECT_TRUE(deployment.Verify(token).ok()) << token;
}
INSTANTIATE_TEST_SUITE_P(Table, BorderlineTokenTest,
                         testing::ValuesIn(BorderlineTokens()), NameOf);

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

#include "server/identity/token_claims.h"

#include <string>

#include "gtest/gtest.h"
#include "server/identity/test_deployment.h"

namespace sluice::identity {
namespace {

// One that takes empty texts and any time, so that a claim that is missing has
// no other way to show.
TokenProfile LenientProfile() {
  TokenProfile profile;
  profile.max_ttl = absl::InfiniteDuration();
  profile.max_session = absl::InfiniteDuration();
  return profile;
}

TEST(TokenClaimsTest, AreRefusedWhenOneIsMissingWhateverTheProfileSays) {
  const TestDeployment deployment;
  const std::string json = FormatClaims(LenientProfile(), deployment.Claims());
  ASSERT_TRUE(ParseClaims(LenientProfile(), json).has_value());
  for (const char* claim :
       {R"("iss":"",)", R"("aud":"",)", R"("auth_time":1699996400,)"}) {
    std::string without = json;
    const size_t begin = without.find(claim);
    ASSERT_NE(begin, without.npos) << claim;
    without.erase(begin, std::string(claim).size());
    EXPECT_FALSE(ParseClaims(LenientProfile(), without).has_value()) << claim;
  }
}

TEST(TokenClaimsTest, EndInTheYear9999AtTheLatest) {
  const TestDeployment deployment;
  TokenClaims claims = deployment.Claims();
  claims.expire_time = absl::FromUnixSeconds(253'402'300'799);
  EXPECT_TRUE(
      ParseClaims(LenientProfile(), FormatClaims(LenientProfile(), claims))
          .has_value());
  claims.expire_time += absl::Seconds(1);
  EXPECT_FALSE(
      ParseClaims(LenientProfile(), FormatClaims(LenientProfile(), claims))
          .has_value());
}

TEST(TokenClaimsTest, AreReadAsTheyWereWritten) {
  const TestDeployment deployment;
  TokenClaims claims = deployment.Claims();
  for (const std::string& app :
       {std::string("demo"), std::string("\"\\/\n\t"), std::string("\xc3\xa9"),
        std::string("a\0b", 3)}) {
    claims.app = app;
    const TokenProfile profile = TestDeployment::Profile();
    const auto read = ParseClaims(profile, FormatClaims(profile, claims));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->app, app);
    EXPECT_EQ(read->subject, claims.subject);
    EXPECT_EQ(read->scopes, claims.scopes);
    EXPECT_EQ(read->expire_time, claims.expire_time);
  }
}

}  // namespace
}  // namespace sluice::identity

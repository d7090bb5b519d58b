#include "server/identity/token_issuer.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/identity/test_deployment.h"

namespace sluice::identity {
namespace {

class TokenIssuerTest : public testing::Test {
 protected:
  absl::StatusOr<std::string> Sign(TokenClaims& claims) {
    return TokenIssuer(TestDeployment::Profile(), deployment_.keys())
        .Sign(claims);
  }

  TestDeployment deployment_;
};

TEST_F(TokenIssuerTest, WritesTheProfile) {
  TokenClaims claims = deployment_.Claims();
  const absl::StatusOr<std::string> token = Sign(claims);
  ASSERT_TRUE(token.ok()) << token.status();
  const std::vector<std::string> parts = absl::StrSplit(*token, '.');
  ASSERT_EQ(parts.size(), 3u);
  std::string header;
  std::string json;
  ASSERT_TRUE(DecodeBase64Url(parts[0], &header));
  ASSERT_TRUE(DecodeBase64Url(parts[1], &json));
  EXPECT_EQ(header,
            absl::StrCat(R"({"alg":"EdDSA","kid":")",
                         deployment_.active().key_id, R"(","typ":"at+jwt"})"));
  EXPECT_EQ(json,
            absl::StrCat(R"({"iss":"issuer","sub":"spiffe://sluice.example/)"
                         R"(app/demo","aud":"audience","client_id":"demo",)"
                         R"("iat":1700000000,"nbf":1700000000,)"
                         R"("exp":1700000600,"jti":")",
                         claims.token_id,
                         R"(","auth_time":1699996400,"cnf":{"x5t#S256":")",
                         TestDeployment::Thumbprint(),
                         R"("},"scp":["read","database:demo"]})"));
  EXPECT_EQ(claims.key_id, deployment_.active().key_id);
}

TEST_F(TokenIssuerTest, NeverGivesAnIdentifierTwice) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    TokenClaims claims = deployment_.Claims();
    ASSERT_TRUE(Sign(claims).ok());
    EXPECT_EQ(claims.token_id.size(), 22u);
    EXPECT_TRUE(ids.insert(claims.token_id).second);
  }
}

TEST_F(TokenIssuerTest, CutsTimesToWholeSeconds) {
  TokenClaims claims = deployment_.Claims();
  const TokenClaims whole = claims;
  claims.issue_time += absl::Milliseconds(900);
  claims.expire_time += absl::Milliseconds(900);
  claims.authentication_time += absl::Milliseconds(900);
  const auto token = Sign(claims);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(claims.issue_time, whole.issue_time);
  EXPECT_EQ(claims.expire_time, whole.expire_time);
  EXPECT_EQ(claims.authentication_time, whole.authentication_time);
  EXPECT_TRUE(deployment_.Verify(*token).ok());
}

TEST_F(TokenIssuerTest, CutsTheEndToWhatATokenMayLast) {
  TokenClaims claims = deployment_.Claims();
  claims.expire_time = claims.issue_time + absl::Hours(1);
  const auto token = Sign(claims);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(claims.expire_time, claims.issue_time + absl::Minutes(15));
  EXPECT_TRUE(deployment_.Verify(*token).ok());
}

TEST_F(TokenIssuerTest, CutsTheEndToThatOfTheSession) {
  TokenClaims claims = deployment_.Claims();
  claims.authentication_time =
      claims.issue_time - absl::Hours(12) + absl::Minutes(2);
  const auto token = Sign(claims);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(claims.expire_time, claims.issue_time + absl::Minutes(2));
  EXPECT_TRUE(deployment_.Verify(*token).ok());
}

TEST_F(TokenIssuerTest, RefusesWhenTheSessionIsOver) {
  TokenClaims claims = deployment_.Claims();
  claims.authentication_time = claims.issue_time - absl::Hours(12);
  EXPECT_EQ(Sign(claims).status(), TokenInvalidError());
}

TEST_F(TokenIssuerTest, TakesAProofByAClockThatIsAhead) {
  TokenClaims claims = deployment_.Claims();
  claims.authentication_time = claims.issue_time + absl::Seconds(3);
  const auto token = Sign(claims);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(claims.authentication_time, claims.issue_time);
  EXPECT_TRUE(deployment_.Verify(*token).ok());
}

TEST_F(TokenIssuerTest, RefusesScopesThatNoVerifierTakes) {
  for (const std::vector<std::string>& scopes :
       {std::vector<std::string>(65, "read"),
        {""},
        {std::string(129, 'x')},
        // Within each limit, and too long together.
        std::vector<std::string>(64, std::string(128, 'x'))}) {
    TokenClaims claims = deployment_.Claims();
    claims.scopes = scopes;
    const absl::Status status = Sign(claims).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_INVALID_REQUEST);
  }
}

TEST_F(TokenIssuerTest, SignsWithTheKeyThatIsActiveNow) {
  TestDeployment& deployment = deployment_;
  const SigningKeyFacts next =
      deployment.folder().GenerateActive(deployment.now() + absl::Seconds(1));
  deployment.Reload();
  TokenClaims claims = deployment.Claims();
  const auto token = Sign(claims);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(claims.key_id, next.key_id);
  EXPECT_TRUE(deployment.Verify(*token).ok());
}

}  // namespace
}  // namespace sluice::identity

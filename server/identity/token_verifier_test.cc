#include "server/identity/token_verifier.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/identity/test_deployment.h"

namespace sluice::identity {
namespace {

class TokenVerifierTest : public testing::Test {
 protected:
  // Valid first, so that it is remembered.
  void RefusesAfter(Revocations revocations) {
    const std::string token = deployment_.Issue();
    ASSERT_TRUE(deployment_.Verify(token).ok());
    deployment_.SetRevocations(std::move(revocations));
    EXPECT_EQ(deployment_.Verify(token), TokenInvalidError());
    deployment_.SetRevocations({});
    EXPECT_TRUE(deployment_.Verify(token).ok());
  }

  TestDeployment deployment_;
};

TEST_F(TokenVerifierTest, TellsWhatTheTokenSays) {
  const TokenClaims claims = deployment_.Claims();
  const std::string token = deployment_.Issue(claims);
  for (int i = 0; i < 2; ++i) {
    const auto told = deployment_.verifier().Verify(
        token, claims.thumbprint, claims.subject, deployment_.now());
    ASSERT_TRUE(told.ok()) << told.status();
    EXPECT_EQ((*told)->subject, claims.subject);
    EXPECT_EQ((*told)->app, claims.app);
    EXPECT_EQ((*told)->token_id.size(), 22u);
    EXPECT_EQ((*told)->scopes, claims.scopes);
    EXPECT_EQ((*told)->issue_time, claims.issue_time);
    EXPECT_EQ((*told)->expire_time, claims.expire_time);
    EXPECT_EQ((*told)->authentication_time, claims.authentication_time);
    EXPECT_EQ((*told)->thumbprint, claims.thumbprint);
    EXPECT_EQ((*told)->key_id, deployment_.active().key_id);
  }
}

TEST_F(TokenVerifierTest, RemembersWhatItFoundRight) {
  const std::string token = deployment_.Issue();
  const auto first = deployment_.verifier().Inspect(token, deployment_.now());
  const auto second = deployment_.verifier().Inspect(token, deployment_.now());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
}

TEST_F(TokenVerifierTest, RefusesWithOneError) {
  const absl::Status status = deployment_.Verify("no token");
  EXPECT_EQ(status, TokenInvalidError());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_TOKEN_INVALID);
  EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
}

TEST_F(TokenVerifierTest, RefusesATokenOfAnotherCertificate) {
  const std::string token = deployment_.Issue();
  ASSERT_TRUE(deployment_.Verify(token).ok());
  TestDeployment fresh;
  for (TestDeployment* deployment : {&deployment_, &fresh}) {
    const std::string own = deployment->Issue();
    for (const std::string& other :
         {TestDeployment::Thumbprint('b'), std::string(),
          TestDeployment::Thumbprint().substr(1)}) {
      EXPECT_EQ(
          deployment->verifier()
              .Verify(own, other, TestDeployment::kSubject, deployment->now())
              .status(),
          TokenInvalidError());
    }
    EXPECT_TRUE(deployment->Verify(own).ok());
  }
}

TEST_F(TokenVerifierTest, RefusesATokenOfAnotherIdentity) {
  const std::string token = deployment_.Issue();
  for (const char* other : {"spiffe://sluice.example/app/spare", "",
                            "spiffe://sluice.example/app/demo2", "CN=demo"}) {
    EXPECT_EQ(deployment_.verifier()
                  .Verify(token, TestDeployment::Thumbprint(), other,
                          deployment_.now())
                  .status(),
              TokenInvalidError());
  }
  EXPECT_TRUE(deployment_.Verify(token).ok());
}

TEST_F(TokenVerifierTest, InspectsATokenOfWhateverCertificate) {
  TokenClaims claims = deployment_.Claims();
  claims.thumbprint = TestDeployment::Thumbprint('b');
  const std::string token = deployment_.Issue(claims);
  EXPECT_TRUE(deployment_.verifier().Inspect(token, deployment_.now()).ok());
  EXPECT_EQ(deployment_.Verify(token), TokenInvalidError());
}

TEST_F(TokenVerifierTest, EndsARememberedTokenInTime) {
  const std::string token = deployment_.Issue();
  const absl::Time end = deployment_.Claims().expire_time;
  ASSERT_TRUE(deployment_.Verify(token).ok());
  EXPECT_TRUE(deployment_.Verify(token, end - absl::Nanoseconds(1)).ok());
  EXPECT_EQ(deployment_.Verify(token, end), TokenInvalidError());
}

TEST_F(TokenVerifierTest, TakesATokenOfAClockThatIsAheadWithinTheSkew) {
  const std::string token = deployment_.Issue();
  const absl::Duration skew = TestDeployment::Profile().clock_skew;
  const absl::Time earliest = deployment_.now() - skew;
  EXPECT_EQ(deployment_.Verify(token, earliest - absl::Nanoseconds(1)),
            TokenInvalidError());
  // The refusal is not remembered.
  EXPECT_TRUE(deployment_.Verify(token, earliest).ok());
  EXPECT_EQ(deployment_.Verify(token, earliest - absl::Nanoseconds(1)),
            TokenInvalidError());
}

TEST_F(TokenVerifierTest, RefusesARevokedToken) {
  const std::string token = deployment_.Issue();
  const auto claims =
      deployment_.verifier().Inspect(token, deployment_.now()).value();
  Revocations revocations;
  revocations.AddToken(claims->token_id);
  deployment_.SetRevocations(revocations);
  EXPECT_EQ(deployment_.Verify(token), TokenInvalidError());
  EXPECT_TRUE(deployment_.Verify(deployment_.Issue()).ok());
}

TEST_F(TokenVerifierTest, RefusesTokensOfARevokedApp) {
  Revocations revocations;
  revocations.AddApp("demo", deployment_.now());
  RefusesAfter(revocations);
}

TEST_F(TokenVerifierTest, RefusesTokensOfARevokedCertificate) {
  Revocations revocations;
  revocations.AddCertificate(TestDeployment::Thumbprint());
  RefusesAfter(revocations);
}

TEST_F(TokenVerifierTest, RefusesTokensOfARevokedKey) {
  Revocations revocations;
  revocations.AddKey(deployment_.active().key_id);
  RefusesAfter(revocations);
}

TEST_F(TokenVerifierTest, TakesTokensOfAPreparedKey) {
  // As another instance signs, which has seen earlier that it is active.
  TestDeployment& deployment = deployment_;
  const std::string token = deployment.Issue();
  const TestKeyFolder& folder = deployment.folder();
  folder.GenerateActive(deployment.now());
  folder.Set(deployment.active(), KeyState::kPrepared, deployment.now());
  deployment.Reload();
  EXPECT_TRUE(deployment.Verify(token).ok());
}

TEST_F(TokenVerifierTest, TakesOfARetiredKeyWhatItSignedUntilThen) {
  const absl::Time now = deployment_.now();
  const absl::Duration grace =
      absl::Seconds(5) + TestDeployment::Profile().clock_skew;
  TokenClaims claims = deployment_.Claims();
  const std::string before = deployment_.Issue(claims);
  claims.issue_time = now + grace;
  const std::string meanwhile = deployment_.Issue(claims);
  claims.issue_time = now + grace + absl::Seconds(1);
  const std::string after = deployment_.Issue(claims);
  const absl::Time later = now + absl::Minutes(1);
  ASSERT_TRUE(deployment_.Verify(after, later).ok());
  deployment_.folder().Set(deployment_.active(), KeyState::kRetired, now);
  deployment_.folder().GenerateActive(now);
  deployment_.Reload();
  EXPECT_TRUE(deployment_.Verify(before, later).ok());
  EXPECT_TRUE(deployment_.Verify(meanwhile, later).ok());
  EXPECT_EQ(deployment_.Verify(after, later), TokenInvalidError());
}

TEST_F(TokenVerifierTest, RefusesTokensOfAKeyThatIsGone) {
  const std::string token = deployment_.Issue();
  ASSERT_TRUE(deployment_.Verify(token).ok());
  deployment_.folder().GenerateActive(deployment_.now());
  ASSERT_TRUE(
      DeleteSigningKey(deployment_.folder().path(), deployment_.active()).ok());
  deployment_.Reload();
  EXPECT_EQ(deployment_.Verify(token), TokenInvalidError());
}

TEST_F(TokenVerifierTest, WorksWithoutACache) {
  TestDeployment deployment(0);
  const std::string token = deployment.Issue();
  EXPECT_TRUE(deployment.Verify(token).ok());
  EXPECT_TRUE(deployment.Verify(token).ok());
  EXPECT_EQ(deployment.Verify(deployment_.Issue()), TokenInvalidError());
}

TEST_F(TokenVerifierTest, TakesManyMoreTokensThanItRemembers) {
  TestDeployment deployment(4);
  std::vector<std::string> tokens;
  for (int i = 0; i < 40; ++i) tokens.push_back(deployment.Issue());
  for (int round = 0; round < 2; ++round) {
    for (const std::string& token : tokens) {
      EXPECT_TRUE(deployment.Verify(token).ok());
    }
  }
}

}  // namespace
}  // namespace sluice::identity

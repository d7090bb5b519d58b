#include "server/control/known_revocations.h"

#include <gtest/gtest.h>

#include <string>

#include "server/identity/token.h"

namespace sluice::control {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);
constexpr absl::Duration kSkew = absl::Seconds(5);

RevocationRecord Record(RevocationKind kind, const std::string& value) {
  RevocationRecord record;
  record.kind = kind;
  record.value = value;
  record.revoke_time = kNow;
  record.expire_time = kNow + absl::Hours(1);
  return record;
}

RevocationRecord Token(const std::string& id) {
  return Record(RevocationKind::kToken, id);
}

class KnownRevocationsTest : public ::testing::Test {
 protected:
  bool RevokesToken(const std::string& id, absl::Time at = kNow) {
    identity::TokenClaims claims;
    claims.token_id = id;
    return known_.Collect(at).Revokes(claims);
  }

  KnownRevocations known_{kSkew};
};

TEST_F(KnownRevocationsTest, ANewerListReplacesTheOneBefore) {
  known_.Apply({2, {Token("one")}});
  known_.Apply({3, {Token("two")}});
  EXPECT_EQ(known_.revision(), 3);
  EXPECT_FALSE(RevokesToken("one"));
  EXPECT_TRUE(RevokesToken("two"));
}

TEST_F(KnownRevocationsTest, AnOlderListTakesNothingAway) {
  known_.Apply({3, {Token("one")}});
  known_.Apply({2, {Token("two")}});
  EXPECT_EQ(known_.revision(), 3);
  EXPECT_TRUE(RevokesToken("one"));
  EXPECT_TRUE(RevokesToken("two"));
}

TEST_F(KnownRevocationsTest, WhatAServerMayHaveLostNoListOfItTakesAway) {
  known_.Apply({5, {Token("lost")}});
  known_.GoBackTo(3);
  known_.Apply({3, {}});
  known_.Apply({4, {Token("new")}});
  EXPECT_TRUE(RevokesToken("lost"));
  known_.Apply({9, {}});
  EXPECT_TRUE(RevokesToken("lost"));
  EXPECT_FALSE(RevokesToken("new"));
}

TEST_F(KnownRevocationsTest, WhatIsRevokedFromHereSurvivesAListFromBefore) {
  known_.Apply({2, {}});
  known_.AddOwn(Token("own"), 4);
  EXPECT_TRUE(RevokesToken("own"));
  known_.Apply({3, {Token("other")}});
  EXPECT_TRUE(RevokesToken("own"));
  EXPECT_TRUE(RevokesToken("other"));
  known_.Apply({5, {Token("other")}});
  EXPECT_FALSE(RevokesToken("own"));
}

TEST_F(KnownRevocationsTest, AServerBeforeWhatIsKnownHasLostSomething) {
  known_.Apply({1, {}});
  EXPECT_FALSE(known_.ShowsLoss({1, {}}, known_.reached_revision()));
  const int64_t reached = known_.reached_revision();
  known_.AddOwn(Token("own"), 2);
  // Asked before.
  EXPECT_FALSE(known_.ShowsLoss({1, {}}, reached));
  EXPECT_TRUE(known_.ShowsLoss({1, {}}, known_.reached_revision()));
  known_.GoBackTo(1);
  EXPECT_FALSE(known_.ShowsLoss({1, {}}, known_.reached_revision()));
  EXPECT_FALSE(known_.ShowsLoss({2, {}}, known_.reached_revision()));
}

// Its revisions are those of others.
TEST_F(KnownRevocationsTest, AServerWithoutWhatIsRevokedFromHereHasLostIt) {
  known_.Apply({1, {Token("one")}});
  known_.AddOwn(Token("own"), 2);
  for (const int64_t revision : {2, 3}) {
    EXPECT_TRUE(known_.ShowsLoss({revision, {Token("new")}}, 2));
    EXPECT_FALSE(known_.ShowsLoss({revision, {Token("own")}}, 2));
  }
}

TEST_F(KnownRevocationsTest, ForgetsWhatHasExpired) {
  known_.Apply({2, {Token("one")}});
  EXPECT_TRUE(RevokesToken("one", kNow + absl::Minutes(59)));
  EXPECT_FALSE(RevokesToken("one", kNow + absl::Minutes(61)));
  EXPECT_FALSE(RevokesToken("one"));
}

TEST_F(KnownRevocationsTest, EachKindRevokesByItsOwnClaim) {
  known_.Apply({2,
                {Record(RevocationKind::kApp, "x"),
                 Record(RevocationKind::kCertificate, "y"),
                 Record(RevocationKind::kKey, "z")}});
  const identity::Revocations revocations = known_.Collect(kNow);
  identity::TokenClaims claims;
  claims.issue_time = kNow - absl::Hours(1);
  EXPECT_FALSE(revocations.Revokes(claims));
  for (std::string identity::TokenClaims::*field :
       {&identity::TokenClaims::app, &identity::TokenClaims::thumbprint,
        &identity::TokenClaims::key_id}) {
    for (const std::string value : {"x", "y", "z"}) {
      identity::TokenClaims other = claims;
      other.*field = value;
      const bool is_its_own =
          (field == &identity::TokenClaims::app && value == "x") ||
          (field == &identity::TokenClaims::thumbprint && value == "y") ||
          (field == &identity::TokenClaims::key_id && value == "z");
      EXPECT_EQ(revocations.Revokes(other), is_its_own) << value;
    }
  }
}

TEST_F(KnownRevocationsTest,
       AnIssuerWhoseClockIsAheadDoesNotSaveATokenOfAnApp) {
  known_.Apply({2, {Record(RevocationKind::kApp, "x")}});
  const identity::Revocations revocations = known_.Collect(kNow);
  identity::TokenClaims claims;
  claims.app = "x";
  claims.issue_time = kNow + kSkew;
  EXPECT_TRUE(revocations.Revokes(claims));
  claims.issue_time = kNow + kSkew + absl::Seconds(1);
  EXPECT_FALSE(revocations.Revokes(claims));
}

}  // namespace
}  // namespace sluice::control

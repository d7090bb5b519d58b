#include "server/identity/revocations.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/identity/base64url.h"

namespace sluice::identity {
namespace {

using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TokenClaims Claims() {
  TokenClaims claims;
  claims.app = "demo";
  claims.token_id = EncodeBase64Url("0123456789abcdef");
  claims.thumbprint = EncodeBase64Url(std::string(32, 'c'));
  claims.key_id = EncodeBase64Url(std::string(32, 'k'));
  claims.issue_time = kNow;
  return claims;
}

TEST(RevocationsTest, RevokeNothingAtFirst) {
  const Revocations revocations;
  EXPECT_FALSE(revocations.Revokes(Claims()));
  EXPECT_FALSE(revocations.RevokesCertificate(Claims().thumbprint));
}

TEST(RevocationsTest, RevokeATokenAndNoOther) {
  Revocations revocations;
  revocations.AddToken(Claims().token_id);
  EXPECT_TRUE(revocations.Revokes(Claims()));
  TokenClaims other = Claims();
  other.token_id = "x";
  EXPECT_FALSE(revocations.Revokes(other));
}

TEST(RevocationsTest, RevokeWhatAnAppHadUntilThen) {
  Revocations revocations;
  revocations.AddApp("demo", kNow);
  EXPECT_TRUE(revocations.Revokes(Claims()));
  TokenClaims later = Claims();
  later.issue_time += absl::Seconds(1);
  EXPECT_FALSE(revocations.Revokes(later));
  TokenClaims other = Claims();
  other.app = "spare";
  EXPECT_FALSE(revocations.Revokes(other));
  EXPECT_EQ(revocations.RevokedUntil("demo"), kNow);
  EXPECT_EQ(revocations.RevokedUntil("spare"), absl::InfinitePast());
}

TEST(RevocationsTest, TheLatestTimeOfAnAppCounts) {
  Revocations revocations;
  revocations.AddApp("demo", kNow);
  revocations.AddApp("demo", kNow - absl::Hours(1));
  EXPECT_TRUE(revocations.Revokes(Claims()));
}

TEST(RevocationsTest, RevokeACertificateAndWhatIsBoundToIt) {
  Revocations revocations;
  revocations.AddCertificate(Claims().thumbprint);
  EXPECT_TRUE(revocations.Revokes(Claims()));
  EXPECT_TRUE(revocations.RevokesCertificate(Claims().thumbprint));
  EXPECT_FALSE(revocations.RevokesCertificate("x"));
}

TEST(RevocationsTest, RevokeAKey) {
  Revocations revocations;
  revocations.AddKey(Claims().key_id);
  EXPECT_TRUE(revocations.Revokes(Claims()));
  EXPECT_FALSE(revocations.RevokesCertificate(Claims().thumbprint));
}

TEST(RevocationsTest, AreAUnionOfWhatIsAdded) {
  Revocations token;
  token.AddToken(Claims().token_id);
  Revocations app;
  app.AddApp("demo", kNow);
  Revocations certificate;
  certificate.AddCertificate(Claims().thumbprint);
  Revocations key;
  key.AddKey(Claims().key_id);
  for (const Revocations& others : {token, app, certificate, key}) {
    Revocations all;
    all.Add(others);
    EXPECT_TRUE(all.Revokes(Claims()));
    all.Add(Revocations());
    EXPECT_TRUE(all.Revokes(Claims()));
  }
}

TEST(RevocationsTest, ReadADenyList) {
  const TokenClaims claims = Claims();
  for (const std::string& line :
       {absl::StrCat("token_id ", claims.token_id),
        absl::StrCat("  key_id\t", claims.key_id, "  \r"),
        absl::StrCat("certificate_thumbprint ", claims.thumbprint),
        absl::StrCat("certificate_thumbprint ",
                     absl::BytesToHexString(std::string(32, 'c'))),
        std::string("app demo 2023-11-14T22:13:20Z"),
        std::string("app demo 2023-11-14T23:13:20+01:00")}) {
    const absl::StatusOr<Revocations> list =
        Revocations::ParseDenyList(absl::StrCat("# a comment\n\n", line, "\n"));
    ASSERT_TRUE(list.ok()) << list.status();
    EXPECT_TRUE(list->Revokes(claims)) << line;
  }
  const auto earlier =
      Revocations::ParseDenyList("app demo 2023-11-14T22:13:19Z");
  ASSERT_TRUE(earlier.ok());
  EXPECT_FALSE(earlier->Revokes(claims));
  EXPECT_TRUE(Revocations::ParseDenyList("").ok());
}

TEST(RevocationsTest, RefuseADenyListWithAnyLineAtFault) {
  const std::string token_id = Claims().token_id;
  for (const std::string& line :
       {std::string("token_id"), std::string("token_id x"),
        absl::StrCat("token_id ", token_id, " ", token_id),
        absl::StrCat("token_id ", token_id, "=="),
        absl::StrCat("token ", token_id), absl::StrCat("key_id ", token_id),
        absl::StrCat("certificate_thumbprint ", token_id), std::string("app"),
        std::string("app demo"), std::string("app demo yesterday"),
        std::string("app demo 2023-11-14"),
        std::string("app demo 2023-11-14T22:13:20"),
        std::string("app Demo 2023-11-14T22:13:20Z"),
        absl::StrCat("app ", std::string(64, 'a'), " 2023-11-14T22:13:20Z")}) {
    EXPECT_FALSE(Revocations::ParseDenyList(line).ok()) << line;
  }
}

TEST(RevocationsTest, NameEachLineAtFault) {
  const auto list =
      Revocations::ParseDenyList("token_id x\n# fine\nnonsense\n");
  ASSERT_FALSE(list.ok());
  const std::string message(list.status().message());
  EXPECT_THAT(message, HasSubstr("line 1: "));
  EXPECT_THAT(message, HasSubstr("\nline 3: "));
}

TEST(CanonicalThumbprintTest, TakesEveryFormThatOperatorsHave) {
  const std::string bytes(32, '\xc5');
  std::string colons;
  for (int i = 0; i < 32; ++i) absl::StrAppend(&colons, i ? ":" : "", "C5");
  for (const std::string& text :
       {EncodeBase64Url(bytes), absl::BytesToHexString(bytes), colons}) {
    const absl::StatusOr<std::string> thumbprint = CanonicalThumbprint(text);
    ASSERT_TRUE(thumbprint.ok()) << text;
    EXPECT_EQ(*thumbprint, EncodeBase64Url(bytes));
  }
}

TEST(CanonicalThumbprintTest, RefusesEverythingElse) {
  const std::string hex = absl::BytesToHexString(std::string(32, 'c'));
  for (const std::string& text :
       {std::string(), hex.substr(2), hex + "63", hex.substr(1) + "g",
        EncodeBase64Url(std::string(31, 'c')),
        EncodeBase64Url(std::string(32, 'c')) + "=",
        hex.substr(0, 2) + ":" + hex.substr(2)}) {
    EXPECT_FALSE(CanonicalThumbprint(text).ok()) << text;
  }
}

}  // namespace
}  // namespace sluice::identity

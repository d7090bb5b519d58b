// What issues and verifies tokens, for tests, and makes tokens as nobody else
// would.

#ifndef SLUICE_SERVER_IDENTITY_TEST_DEPLOYMENT_H_
#define SLUICE_SERVER_IDENTITY_TEST_DEPLOYMENT_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/snapshot.h"
#include "server/identity/base64url.h"
#include "server/identity/test_key_folder.h"
#include "server/identity/test_token_forge.h"
#include "server/identity/token_issuer.h"
#include "server/identity/token_verifier.h"

namespace sluice::identity {

class TestDeployment {
 public:
  static constexpr char kSubject[] = "spiffe://sluice.example/app/demo";

  explicit TestDeployment(size_t max_cached = 64)
      : verifier_(Profile(), max_cached, keys_, revocations_) {
    active_ = folder_.GenerateActive(now_);
    Reload();
    SetRevocations({});
  }

  static TokenProfile Profile() {
    TokenProfile profile;
    profile.issuer = "issuer";
    profile.audience = "audience";
    return profile;
  }

  // Of nobody's certificate.
  static std::string Thumbprint(char fill = 'a') {
    return EncodeBase64Url(std::string(32, fill));
  }

  absl::Time now() const { return now_; }
  TestKeyFolder& folder() { return folder_; }
  const SigningKeyFacts& active() const { return active_; }
  const SigningKey& key() const { return keys_.Get()->active(); }
  TokenVerifier& verifier() { return verifier_; }
  const Snapshot<SigningKeys>& keys() const { return keys_; }

  void Reload() { keys_.Set(folder_.Load()); }
  void SetRevocations(Revocations revocations) {
    revocations_.Set(
        std::make_shared<const Revocations>(std::move(revocations)));
  }

  // Of a token that is valid now, for as long as it can be.
  TokenClaims Claims() const {
    TokenClaims claims;
    claims.subject = kSubject;
    claims.app = "demo";
    claims.token_id = EncodeBase64Url("0123456789abcdef");
    claims.scopes = {"read", "database:demo"};
    claims.issue_time = now_;
    claims.expire_time = now_ + absl::Minutes(10);
    claims.authentication_time = now_ - absl::Hours(1);
    claims.thumbprint = Thumbprint();
    return claims;
  }

  std::string Issue() const { return Issue(Claims()); }
  std::string Issue(TokenClaims claims) const {
    const absl::StatusOr<std::string> token =
        TokenIssuer(Profile(), keys_).Sign(claims);
    EXPECT_TRUE(token.ok()) << token.status();
    return token.value();
  }

  TokenForge forge() const { return TokenForge(Profile(), key(), Claims()); }

  absl::Status Verify(absl::string_view token) { return Verify(token, now_); }
  absl::Status Verify(absl::string_view token, absl::Time now) {
    return verifier_.Verify(token, Thumbprint(), kSubject, now).status();
  }

 private:
  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  TestKeyFolder folder_;
  SigningKeyFacts active_;
  Snapshot<SigningKeys> keys_;
  Snapshot<Revocations> revocations_;
  TokenVerifier verifier_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TEST_DEPLOYMENT_H_

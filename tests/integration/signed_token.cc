#include "tests/integration/signed_token.h"

#include "absl/time/clock.h"
#include "server/base/snapshot.h"
#include "server/identity/peer_certificate.h"
#include "server/identity/signing_keys.h"
#include "server/identity/token_issuer.h"
#include "tests/support/file.h"

namespace sluice::testing {

std::string SignToken(
    TestStack& stack, const std::string& app,
    const std::function<void(identity::TokenClaims&)>& change) {
  const auto certificate = identity::ReadPeerCertificate(
      ReadFile(stack.certificates().CertificatePath(app)),
      TestStack::kTrustDomain, identity::CommonNames::kRefused);
  identity::TokenProfile profile;
  profile.issuer = "sluice";
  profile.audience = "sluice";
  identity::TokenClaims claims;
  claims.subject = certificate->identity;
  claims.app = app;
  claims.issue_time = absl::Now();
  claims.expire_time = absl::InfiniteFuture();
  claims.thumbprint = certificate->thumbprint;
  change(claims);
  claims.authentication_time = claims.issue_time;
  const Snapshot<identity::SigningKeys> keys(
      *identity::SigningKeys::Load(stack.gateway_options().signing_keys));
  return identity::TokenIssuer(profile, keys).Sign(claims).value();
}

}  // namespace sluice::testing

// TokenVerifier: says whether a token is valid here and now.

#ifndef SLUICE_SERVER_IDENTITY_TOKEN_VERIFIER_H_
#define SLUICE_SERVER_IDENTITY_TOKEN_VERIFIER_H_

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/snapshot.h"
#include "server/identity/revocations.h"
#include "server/identity/signing_keys.h"
#include "server/identity/token.h"

namespace sluice::identity {

// Remembers tokens whose signature and claims were found right, by the SHA-256
// of the token; whatever can change is looked at each time. Refusals are not
// remembered.
// Threads: any.
// Invariant: bounded in tokens.
class TokenVerifier {
 public:
  // Lifetime: `keys` and `revocations` outlive it; both have a value.
  TokenVerifier(TokenProfile profile, size_t max_cached,
                const Snapshot<SigningKeys>& keys,
                const Snapshot<Revocations>& revocations);
  ~TokenVerifier();
  TokenVerifier(const TokenVerifier&) = delete;

  // The claims of a token that is presented with the certificate of that
  // thumbprint and identity. Whether the app is the identity's is for the
  // policy to say.
  // Errors: TokenInvalidError, always the same.
  absl::StatusOr<std::shared_ptr<const TokenClaims>> Verify(
      absl::string_view token, absl::string_view thumbprint,
      absl::string_view identity, absl::Time now);

  // The same for a token that is asked about: bound to whatever certificate.
  absl::StatusOr<std::shared_ptr<const TokenClaims>> Inspect(
      absl::string_view token, absl::Time now);

 private:
  class Cache;

  const TokenProfile profile_;
  const Snapshot<SigningKeys>& keys_;
  const Snapshot<Revocations>& revocations_;
  const std::unique_ptr<Cache> cache_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TOKEN_VERIFIER_H_

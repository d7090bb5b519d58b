// TokenIssuer: signs tokens.

#ifndef SLUICE_SERVER_IDENTITY_TOKEN_ISSUER_H_
#define SLUICE_SERVER_IDENTITY_TOKEN_ISSUER_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/base/snapshot.h"
#include "server/identity/signing_keys.h"
#include "server/identity/token.h"

namespace sluice::identity {

// Threads: any.
class TokenIssuer {
 public:
  // Lifetime: `keys` outlives it, and has keys.
  TokenIssuer(TokenProfile profile, const Snapshot<SigningKeys>& keys)
      : profile_(std::move(profile)), keys_(keys) {}

  // Fills in `token_id` and `key_id` and signs. Times are cut to whole seconds,
  // the end to `max_ttl` after the issue and `max_session` after the proof.
  // Errors: INVALID_ARGUMENT for a token that would be longer than it may be;
  // TokenInvalidError when the session is over.
  absl::StatusOr<std::string> Sign(TokenClaims& claims) const;

 private:
  const TokenProfile profile_;
  const Snapshot<SigningKeys>& keys_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TOKEN_ISSUER_H_

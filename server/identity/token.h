// Token: what a token says, and the one profile that it is written in.

#ifndef SLUICE_SERVER_IDENTITY_TOKEN_H_
#define SLUICE_SERVER_IDENTITY_TOKEN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::identity {

inline constexpr size_t kMaxTokenBytes = 4096;
inline constexpr size_t kMaxAppBytes = 63;
inline constexpr size_t kMaxScopes = 64;
inline constexpr size_t kMaxScopeBytes = 128;

// The claims that differ from token to token. Times are whole seconds.
struct TokenClaims {
  // `sub`: the identity in the certificate.
  std::string subject;
  // `client_id`: the app.
  std::string app;
  // `jti`: 128 random bits, base64url.
  std::string token_id;
  // `scp`; none: not narrowed down.
  std::vector<std::string> scopes;
  // `iat`; `nbf` is the same.
  absl::Time issue_time;
  // `exp`.
  absl::Time expire_time;
  // `auth_time`: when the certificate was proved.
  absl::Time authentication_time;
  // `cnf`, `x5t#S256`.
  std::string thumbprint;
  // Of the key that signed it; in the header.
  std::string key_id;
};

// What all tokens of a deployment share, and how far clocks may be apart.
struct TokenProfile {
  std::string issuer;
  std::string audience;
  absl::Duration max_ttl = absl::Minutes(15);
  absl::Duration max_session = absl::Hours(12);
  absl::Duration clock_skew = absl::Seconds(5);
};

// The one answer to every token that is not valid: UNAUTHENTICATED, reason
// TOKEN_INVALID, nothing executed.
absl::Status TokenInvalidError();

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TOKEN_H_

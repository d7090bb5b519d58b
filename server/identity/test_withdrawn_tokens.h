// The table of tokens that were valid until something else than they changed.

#ifndef SLUICE_SERVER_IDENTITY_TEST_WITHDRAWN_TOKENS_H_
#define SLUICE_SERVER_IDENTITY_TEST_WITHDRAWN_TOKENS_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "server/identity/base64url.h"
#include "server/identity/test_token_forge.h"

namespace sluice::identity {

// A way to revoke TokenForge::Valid.
struct RevokedToken {
  // In CamelCase.
  std::string name;
  // As deny lists, and the fields of RevokeTokensRequest, call it.
  std::string kind;
  std::function<std::string(const TokenForge&)> value;
};

// A token of a key that was retired meanwhile. TokenForge::Valid is its valid
// twin, before that.
struct RetiredKeyToken {
  // In CamelCase.
  std::string name;
  // How long ago the key was retired.
  absl::Duration retired_for;
  // From then to the token's issue.
  absl::Duration issued_after;
  absl::Duration lasts = absl::Minutes(10);
};

inline void PrintTo(const RevokedToken& token, std::ostream* output) {
  *output << token.name;
}
inline void PrintTo(const RetiredKeyToken& token, std::ostream* output) {
  *output << token.name;
}

inline std::string HexadecimalThumbprint(const TokenForge& forge) {
  std::string bytes;
  DecodeBase64Url(forge.claims().thumbprint, &bytes);
  return absl::BytesToHexString(bytes);
}

inline std::vector<RevokedToken> RevokedTokens() {
  return {
      {"ByItsIdentifier", "token_id",
       [](const TokenForge& forge) { return forge.claims().token_id; }},
      {"ByItsApp", "app",
       [](const TokenForge& forge) { return forge.claims().app; }},
      {"ByItsCertificate", "certificate_thumbprint",
       [](const TokenForge& forge) { return forge.claims().thumbprint; }},
      {"ByItsCertificateInHexadecimal", "certificate_thumbprint",
       HexadecimalThumbprint},
      {"ByItsKey", "key_id",
       [](const TokenForge& forge) { return forge.key().id(); }},
  };
}

// Of deployments whose clocks may be 5 s apart.
inline std::vector<RetiredKeyToken> HostileTokensOfRetiredKeys() {
  return {
      {"IssuedNow", absl::Hours(1), absl::Hours(1)},
      {"IssuedASecondTooLate", absl::Minutes(1), absl::Seconds(11)},
      {"OlderThanTokensBecome", absl::Minutes(16), -absl::Seconds(1),
       absl::Minutes(15)},
      {"MadeToLastLongerThanTokensDo", absl::Minutes(16), -absl::Seconds(1),
       absl::Minutes(20)},
  };
}

// What stands just within.
inline std::vector<RetiredKeyToken> BorderlineTokensOfRetiredKeys() {
  return {
      {"IssuedBeforeIt", absl::Minutes(1), -absl::Seconds(1)},
      {"IssuedAtTheLastMoment", absl::Minutes(1), absl::Seconds(10)},
      {"AboutToEnd", absl::Minutes(14), -absl::Seconds(1), absl::Minutes(15)},
  };
}

// The token, of a key that was retired at `retire_time`.
inline std::string MakeToken(const RetiredKeyToken& token,
                             const TokenForge& forge, absl::Time retire_time) {
  TokenClaims claims = forge.claims();
  claims.issue_time = retire_time + token.issued_after;
  claims.expire_time = claims.issue_time + token.lasts;
  claims.authentication_time = claims.issue_time;
  return forge.ForgeClaims(claims);
}

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TEST_WITHDRAWN_TOKENS_H_

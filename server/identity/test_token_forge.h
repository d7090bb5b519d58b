// TokenForge: makes tokens as nobody else would, signed with the right key.

#ifndef SLUICE_SERVER_IDENTITY_TEST_TOKEN_FORGE_H_
#define SLUICE_SERVER_IDENTITY_TEST_TOKEN_FORGE_H_

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "server/identity/base64url.h"
#include "server/identity/signing_key.h"
#include "server/identity/token_claims.h"

namespace sluice::identity {

class TokenForge {
 public:
  // `claims` are those of a token that is valid.
  TokenForge(TokenProfile profile, SigningKey key, TokenClaims claims)
      : profile_(std::move(profile)),
        key_(std::move(key)),
        claims_(std::move(claims)) {}

  const TokenProfile& profile() const { return profile_; }
  const SigningKey& key() const { return key_; }
  const TokenClaims& claims() const { return claims_; }
  std::string ClaimsJson() const { return FormatClaims(profile_, claims_); }

  std::string Forge(absl::string_view header, absl::string_view claims) const {
    const std::string text = absl::StrCat(header, ".", claims);
    return absl::StrCat(text, ".", EncodeBase64Url(key_.Sign(text)));
  }
  std::string ForgeHeader(absl::string_view json) const {
    return Forge(EncodeBase64Url(json), EncodeBase64Url(ClaimsJson()));
  }
  std::string ForgeClaims(absl::string_view json) const {
    return Forge(key_.token_header(), EncodeBase64Url(json));
  }
  std::string ForgeClaims(const TokenClaims& claims) const {
    return ForgeClaims(FormatClaims(profile_, claims));
  }
  std::string Valid() const { return ForgeClaims(ClaimsJson()); }

  // Puts the values of the valid claims in the place of their names: "<exp>",
  // and of the seconds before and after the issue.
  std::string Fill(absl::string_view pattern) const {
    const int64_t issue = absl::ToUnixSeconds(claims_.issue_time);
    const int64_t expire = absl::ToUnixSeconds(claims_.expire_time);
    return absl::StrReplaceAll(
        pattern,
        {{"<iss>", profile_.issuer},
         {"<aud>", profile_.audience},
         {"<sub>", claims_.subject},
         {"<client_id>", claims_.app},
         {"<jti>", claims_.token_id},
         {"<x5t>", claims_.thumbprint},
         {"<auth_time>",
          absl::StrCat(absl::ToUnixSeconds(claims_.authentication_time))},
         {"<iat>", absl::StrCat(issue)},
         {"<before_iat>", absl::StrCat(issue - 1)},
         {"<after_iat>", absl::StrCat(issue + 1)},
         {"<exp>", absl::StrCat(expire)},
         {"<exp_in_hexadecimal>", absl::StrFormat("0x%X", expire)}});
  }

 private:
  const TokenProfile profile_;
  const SigningKey key_;
  const TokenClaims claims_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TEST_TOKEN_FORGE_H_

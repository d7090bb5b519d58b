#include "server/identity/token_issuer.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/identity/base64url.h"
#include "server/identity/signing_key.h"
#include "server/identity/token_claims.h"

namespace sluice::identity {
namespace {

constexpr size_t kTokenIdBytes = 16;

absl::Status TooLong(absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   v1::ERROR_REASON_INVALID_REQUEST, message,
                   {{"executed", "no"}});
}

absl::Time WholeSeconds(absl::Time time) {
  return absl::FromUnixSeconds(absl::ToUnixSeconds(time));
}

std::string MakeTokenId() {
  std::array<char, kTokenIdBytes> bytes;
  // Fails only where there are no random numbers.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size())) != 1) {
    std::abort();
  }
  return EncodeBase64Url({bytes.data(), bytes.size()});
}

void CutTimes(const TokenProfile& profile, TokenClaims& claims) {
  claims.issue_time = WholeSeconds(claims.issue_time);
  // The proof may have been on an instance whose clock is ahead.
  claims.authentication_time =
      std::min(WholeSeconds(claims.authentication_time), claims.issue_time);
  claims.expire_time = std::min(
      {WholeSeconds(claims.expire_time),
       WholeSeconds(claims.issue_time + profile.max_ttl),
       WholeSeconds(claims.authentication_time + profile.max_session)});
}

bool IsTooLong(const std::string& scope) {
  return scope.empty() || scope.size() > kMaxScopeBytes;
}

}  // namespace

absl::StatusOr<std::string> TokenIssuer::Sign(TokenClaims& claims) const {
  CutTimes(profile_, claims);
  if (claims.expire_time <= claims.issue_time) return TokenInvalidError();
  if (claims.scopes.size() > kMaxScopes ||
      absl::c_any_of(claims.scopes, IsTooLong)) {
    return TooLong(absl::StrCat("scopes: at most ", kMaxScopes, ", of 1 to ",
                                kMaxScopeBytes, " bytes each"));
  }
  const std::shared_ptr<const SigningKeys> keys = keys_.Get();
  const SigningKey& key = keys->active();
  claims.token_id = MakeTokenId();
  claims.key_id = key.id();
  std::string token = absl::StrCat(
      key.token_header(), ".", EncodeBase64Url(FormatClaims(profile_, claims)));
  absl::StrAppend(&token, ".", EncodeBase64Url(key.Sign(token)));
  if (token.size() > kMaxTokenBytes) {
    return TooLong(absl::StrCat("scopes: the token would have ", token.size(),
                                " of at most ", kMaxTokenBytes, " bytes"));
  }
  return token;
}

}  // namespace sluice::identity

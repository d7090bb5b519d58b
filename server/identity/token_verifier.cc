#include "server/identity/token_verifier.h"

#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "server/identity/base64url.h"
#include "server/identity/digest.h"
#include "server/identity/recent_values.h"
#include "server/identity/signing_key.h"
#include "server/identity/token_claims.h"

namespace sluice::identity {
namespace {

// How long after its retirement an instance may sign with a key, as it has not
// seen it yet: it looks every second, when it gets to it.
constexpr absl::Duration kReloadTime = absl::Seconds(5);

using Claims = std::shared_ptr<const TokenClaims>;

// Header, claims and signature, or null if the token has another form.
struct TokenParts {
  absl::string_view header;
  absl::string_view signed_text;
  std::string claims;
  std::string signature;
};

absl::optional<TokenParts> SplitToken(absl::string_view token) {
  const std::vector<absl::string_view> texts = absl::StrSplit(token, '.');
  if (texts.size() != 3) return absl::nullopt;
  TokenParts parts;
  parts.header = texts[0];
  parts.signed_text = token.substr(0, texts[0].size() + 1 + texts[1].size());
  if (!DecodeBase64Url(texts[1], &parts.claims)) return absl::nullopt;
  if (!DecodeBase64Url(texts[2], &parts.signature)) return absl::nullopt;
  return parts;
}

// The claims of a token that one of the keys has signed; null of any other.
// The header is never parsed: only that of a known key finds its key.
Claims ReadToken(const TokenProfile& profile, const SigningKeys& keys,
                 absl::string_view token) {
  const absl::optional<TokenParts> parts = SplitToken(token);
  if (!parts.has_value()) return nullptr;
  const SigningKey* key = keys.FindByTokenHeader(parts->header);
  if (key == nullptr) return nullptr;
  if (!key->Verifies(parts->signed_text, parts->signature)) return nullptr;
  absl::optional<TokenClaims> claims = ParseClaims(profile, parts->claims);
  if (!claims.has_value()) return nullptr;
  claims->key_id = key->id();
  return std::make_shared<const TokenClaims>(*std::move(claims));
}

// Whether the key may still have signed it.
bool IsKeyInForce(const TokenProfile& profile, const SigningKeys& keys,
                  const TokenClaims& claims) {
  const SigningKeyFacts* key = keys.FindFacts(claims.key_id);
  if (key == nullptr) return false;
  // Which also ends the key, a token's longest time later.
  return key->state != KeyState::kRetired ||
         claims.issue_time <= key->since + kReloadTime + profile.clock_skew;
}

// Whatever can change while the token stays the same.
bool HoldsNow(const TokenProfile& profile, const SigningKeys& keys,
              const Revocations& revocations, const TokenClaims& claims,
              absl::Time now) {
  if (now >= claims.expire_time) return false;
  if (claims.issue_time > now + profile.clock_skew) return false;
  if (!IsKeyInForce(profile, keys, claims)) return false;
  return !revocations.Revokes(claims);
}

}  // namespace

class TokenVerifier::Cache : public RecentValues<TokenClaims> {
 public:
  using RecentValues::RecentValues;
};

TokenVerifier::TokenVerifier(TokenProfile profile, size_t max_cached,
                             const Snapshot<SigningKeys>& keys,
                             const Snapshot<Revocations>& revocations)
    : profile_(std::move(profile)),
      keys_(keys),
      revocations_(revocations),
      cache_(std::make_unique<Cache>(max_cached)) {}

TokenVerifier::~TokenVerifier() = default;

absl::StatusOr<Claims> TokenVerifier::Inspect(absl::string_view token,
                                              absl::Time now) {
  if (token.size() > kMaxTokenBytes) return TokenInvalidError();
  const std::shared_ptr<const SigningKeys> keys = keys_.Get();
  const std::shared_ptr<const Revocations> revocations = revocations_.Get();
  const std::string digest = Sha256(token);
  Claims known = cache_->Find(digest);
  Claims claims = known != nullptr ? known : ReadToken(profile_, *keys, token);
  if (claims == nullptr) return TokenInvalidError();
  if (!HoldsNow(profile_, *keys, *revocations, *claims, now)) {
    return TokenInvalidError();
  }
  if (known == nullptr) cache_->Add(digest, claims);
  return claims;
}

absl::StatusOr<Claims> TokenVerifier::Verify(absl::string_view token,
                                             absl::string_view thumbprint,
                                             absl::string_view identity,
                                             absl::Time now) {
  absl::StatusOr<Claims> claims = Inspect(token, now);
  if (!claims.ok()) return claims;
  if ((*claims)->thumbprint != thumbprint) return TokenInvalidError();
  if ((*claims)->subject != identity) return TokenInvalidError();
  return claims;
}

}  // namespace sluice::identity

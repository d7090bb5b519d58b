// Fuzzes the verification of tokens. The first byte says what the rest is: a
// whole token; changes of the valid one; claims, or a header, that the right
// key then signs.

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "server/identity/base64url.h"
#include "server/identity/digest.h"
#include "server/identity/spiffe_id.h"
#include "server/identity/token_claims.h"
#include "tests/fuzz/fuzz_deployment.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/require.h"

namespace sluice::fuzz {
namespace {

using identity::TokenClaims;
using identity::TokenForge;

void RequireRefused(const std::string& token) {
  FuzzDeployment& deployment = FuzzDeployment::Get();
  Require(deployment.Verifies(token) == (token == deployment.valid()),
          "that the valid token alone is valid");
  Require(deployment.Verifies(deployment.valid()), "that it stays valid");
}

// Replaces, inserts and removes bytes of the valid token.
std::string Change(std::string token, FuzzInput& input) {
  while (!input.has_ended() && !token.empty()) {
    const uint8_t what = input.TakeByte();
    const size_t at = input.TakeUint16() % token.size();
    const auto byte = static_cast<char>(input.TakeByte());
    if (what % 3 == 0) token[at] = byte;
    if (what % 3 == 1) token.insert(at, 1, byte);
    if (what % 3 == 2) token.erase(at, 1);
  }
  return token;
}

void RequireWithinLimits(const TokenClaims& claims,
                         const identity::TokenProfile& profile) {
  Require(!claims.subject.empty() &&
              claims.subject.size() <= identity::SpiffeId::kMaxBytes,
          "a subject");
  Require(!claims.app.empty() && claims.app.size() <= identity::kMaxAppBytes,
          "an app");
  Require(identity::IsBase64Url(claims.token_id, 16), "an identifier");
  Require(identity::IsBase64Url(claims.thumbprint, identity::kSha256Bytes),
          "a thumbprint");
  Require(claims.scopes.size() <= identity::kMaxScopes, "so many scopes");
  Require(claims.issue_time < claims.expire_time &&
              claims.authentication_time <= claims.issue_time,
          "times in their order");
  Require(claims.expire_time - claims.issue_time <= profile.max_ttl &&
              claims.expire_time - claims.authentication_time <=
                  profile.max_session,
          "an end in time");
}

void CheckClaims(absl::string_view json) {
  const TokenForge& forge = FuzzDeployment::Get().forge();
  const absl::optional<TokenClaims> claims =
      identity::ParseClaims(forge.profile(), json);
  const bool verifies = FuzzDeployment::Get().Verifies(forge.ForgeClaims(json));
  if (!claims.has_value()) {
    return Require(!verifies, "that malformed claims are no token's");
  }
  RequireWithinLimits(*claims, forge.profile());
  const std::string again = identity::FormatClaims(forge.profile(), *claims);
  const absl::optional<TokenClaims> same =
      identity::ParseClaims(forge.profile(), again);
  Require(same.has_value() &&
              identity::FormatClaims(forge.profile(), *same) == again,
          "the same claims again");
}

void Verify(FuzzInput input) {
  const FuzzDeployment& deployment = FuzzDeployment::Get();
  const TokenForge& forge = deployment.forge();
  switch (input.TakeByte() % 4) {
    case 0:
      return RequireRefused(std::string(input.TakeRest()));
    case 1:
      return RequireRefused(Change(deployment.valid(), input));
    case 2:
      return CheckClaims(input.TakeRest());
    default:
      return RequireRefused(forge.ForgeHeader(input.TakeRest()));
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  sluice::fuzz::Verify(sluice::fuzz::FuzzInput(bytes, byte_count));
  return 0;
}

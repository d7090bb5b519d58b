// The claims of a token as JSON, in the one profile that there is.

#ifndef SLUICE_SERVER_IDENTITY_TOKEN_CLAIMS_H_
#define SLUICE_SERVER_IDENTITY_TOKEN_CLAIMS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/identity/token.h"

namespace sluice::identity {

// All but `key_id`, which the header has.
std::string FormatClaims(const TokenProfile& profile,
                         const TokenClaims& claims);

// The claims, without `key_id`, if `json` has every claim of the profile once,
// no other, each of its type and within its limits, and they fit each other.
// Whether they hold now is not looked at.
absl::optional<TokenClaims> ParseClaims(const TokenProfile& profile,
                                        absl::string_view json);

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TOKEN_CLAIMS_H_

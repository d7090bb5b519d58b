// What a client's tokens shall be like.

#ifndef SLUICE_CLIENT_TOKEN_OPTIONS_H_
#define SLUICE_CLIENT_TOKEN_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace sluice::client {

enum class TokenUse {
  // Calls carry a token, which is issued and renewed as needed.
  kAutomatic,
  // They carry none: for a server that asks for none.
  kOff,
};

struct TokenOptions {
  TokenUse use = TokenUse::kAutomatic;
  // What tokens are good for, as `IssueTokenRequest.scopes`: less than the
  // policy gives, or `admin`. Default: all that the policy gives but `admin`.
  std::vector<std::string> scopes = {};
  // How long each is valid; the server cuts what is longer than the policy
  // allows. 0: as the policy says.
  absl::Duration ttl = absl::ZeroDuration();
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TOKEN_OPTIONS_H_

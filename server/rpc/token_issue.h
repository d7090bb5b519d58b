// From a wish for a token to the claims that are signed.

#ifndef SLUICE_SERVER_RPC_TOKEN_ISSUE_H_
#define SLUICE_SERVER_RPC_TOKEN_ISSUE_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/identity/token.h"
#include "server/rpc/caller.h"
#include "sluice/v1/tokens.pb.h"

namespace sluice::rpc {

// The claims of a first token, and of a successor to the one that the call
// carries; `token_id` and `key_id` are left out.
// Errors: INVALID_ARGUMENT (INVALID_REQUEST).
absl::StatusOr<identity::TokenClaims> ClaimsOf(
    const v1::IssueTokenRequest& request, const Caller& caller, absl::Time now);
absl::StatusOr<identity::TokenClaims> ClaimsOf(
    const v1::RenewTokenRequest& request, const Caller& caller, absl::Time now);

// When to ask for the next one: after two thirds of its time.
absl::Time RenewTimeOf(const identity::TokenClaims& claims);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_TOKEN_ISSUE_H_

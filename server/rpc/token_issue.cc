#include "server/rpc/token_issue.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/base/proto_duration.h"
#include "server/execution/request_validation.h"
#include "server/policy/permit.h"

namespace sluice::rpc {
namespace {

constexpr absl::Duration kMinTtl = absl::Seconds(1);
constexpr size_t kMaxScopes = 64;
// "database:" and the longest name.
constexpr size_t kMaxScopeBytes = 9 + 63;

// How long the token lasts: as asked for, within what the app may.
template <typename Request>
absl::StatusOr<absl::Duration> TtlOf(const Request& request,
                                     const policy::App& app) {
  if (!request.has_ttl()) return app.default_ttl;
  const absl::Duration ttl = FromProto(request.ttl());
  if (ttl < kMinTtl) {
    return execution::InvalidField("ttl", "is shorter than a second");
  }
  return std::min(ttl, app.max_ttl);
}

absl::Status CheckScopes(const std::vector<std::string>& scopes) {
  if (scopes.size() > kMaxScopes) {
    return execution::InvalidField("scopes", "are more than 64");
  }
  for (const std::string& scope : scopes) {
    if (scope.size() > kMaxScopeBytes) {
      return execution::InvalidField("scopes", "has one that is too long");
    }
  }
  return policy::Scope::Parse(scopes).status();
}

// What does not depend on the token before.
identity::TokenClaims MakeClaims(const Caller& caller, absl::Time now,
                                 absl::Duration ttl) {
  identity::TokenClaims claims;
  claims.subject = caller.certificate().identity;
  claims.app = caller.app();
  claims.issue_time = now;
  claims.expire_time = now + ttl;
  claims.authentication_time = now;
  claims.thumbprint = caller.certificate().thumbprint;
  return claims;
}

}  // namespace

absl::StatusOr<identity::TokenClaims> ClaimsOf(
    const v1::IssueTokenRequest& request, const Caller& caller,
    absl::Time now) {
  absl::StatusOr<absl::Duration> ttl = TtlOf(request, caller.permit().app());
  if (!ttl.ok()) return ttl.status();
  identity::TokenClaims claims = MakeClaims(caller, now, *ttl);
  claims.scopes.assign(request.scopes().begin(), request.scopes().end());
  absl::Status status = CheckScopes(claims.scopes);
  if (!status.ok()) return status;
  return claims;
}

absl::StatusOr<identity::TokenClaims> ClaimsOf(
    const v1::RenewTokenRequest& request, const Caller& caller,
    absl::Time now) {
  absl::StatusOr<absl::Duration> ttl = TtlOf(request, caller.permit().app());
  if (!ttl.ok()) return ttl.status();
  identity::TokenClaims claims = MakeClaims(caller, now, *ttl);
  claims.scopes = caller.token()->scopes;
  claims.authentication_time = caller.token()->authentication_time;
  return claims;
}

absl::Time RenewTimeOf(const identity::TokenClaims& claims) {
  return claims.issue_time + (claims.expire_time - claims.issue_time) * 2 / 3;
}

}  // namespace sluice::rpc

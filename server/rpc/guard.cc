#include "server/rpc/guard.h"

#include <grpcpp/security/auth_context.h>

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/error.h"
#include "server/rpc/access_loss.h"

namespace sluice::rpc {
namespace {

using Token = std::shared_ptr<const identity::TokenClaims>;

// gRPC's property for the verified leaf.
constexpr char kPeerCertificate[] = "x509_pem_cert";
constexpr char kAuthorization[] = "authorization";
// Of RFC 6750; its case does not matter (RFC 9110, section 11.1).
constexpr absl::string_view kScheme = "Bearer ";

absl::Status IdentityInvalidError(absl::string_view message) {
  return MakeError(absl::StatusCode::kUnauthenticated,
                   v1::ERROR_REASON_IDENTITY_INVALID, message,
                   {{"executed", "no"}});
}

absl::Status AppNotAllowedError(absl::string_view identity) {
  return MakeError(
      absl::StatusCode::kPermissionDenied, v1::ERROR_REASON_APP_NOT_ALLOWED,
      absl::StrCat("no app has the identity ", identity), {{"executed", "no"}});
}

absl::Status TokenMissingError() {
  return MakeError(absl::StatusCode::kUnauthenticated,
                   v1::ERROR_REASON_TOKEN_MISSING,
                   "the call needs one \"authorization: Bearer\" with a token "
                   "of Tokens.IssueToken",
                   {{"executed", "no"}});
}

// The certificate, PEM; empty without one.
std::string CertificateOf(const grpc::ServerContext& context) {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return "";
  const std::vector<grpc::string_ref> found =
      peer->FindPropertyValues(kPeerCertificate);
  if (found.size() != 1) return "";
  return std::string(found.front().data(), found.front().size());
}

// The token that the call carries; empty without exactly one.
absl::string_view BearerOf(const grpc::ServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto [begin, end] = metadata.equal_range(kAuthorization);
  if (begin == end || std::next(begin) != end) return {};
  const absl::string_view value(begin->second.data(), begin->second.size());
  if (!absl::StartsWithIgnoreCase(value, kScheme)) return {};
  return value.substr(kScheme.size());
}

absl::Time SteadyClockNow() {
  return absl::UnixEpoch() + absl::FromChrono(SteadyNow().time_since_epoch());
}

}  // namespace

absl::StatusOr<Caller> Guard::Admit(const grpc::ServerContext& context,
                                    Proof proof) {
  std::string app;
  absl::StatusOr<Caller> caller = Judge(context, proof, app);
  if (caller.ok()) return caller;
  refusals_.Note(ReasonOf(caller.status()), app, context.peer());
  return caller;
}

std::string Guard::IdentityOf(const grpc::ServerContext& context) const {
  const auto certificate = parts_.certificates.Find(CertificateOf(context));
  return certificate.ok() ? (*certificate)->identity : "";
}

absl::StatusOr<Caller> Guard::Judge(const grpc::ServerContext& context,
                                    Proof proof, std::string& app_name) {
  auto certificate = parts_.certificates.Find(CertificateOf(context));
  if (!certificate.ok()) return certificate.status();
  std::shared_ptr<const policy::Policy> policy = parts_.policy.Get();
  const policy::App* app = policy->FindApp((*certificate)->identity);
  if (app == nullptr) return AppNotAllowedError((*certificate)->identity);
  app_name = app->name;

  Token token;
  policy::Scope scope;
  if (proof == Proof::kCertificate) {
    if (parts_.revocations.Get()->RevokesCertificate(
            (*certificate)->thumbprint)) {
      return IdentityInvalidError("the certificate is revoked");
    }
  } else {
    absl::StatusOr<Token> found = FindToken(context, **certificate, *app);
    if (!found.ok()) return found.status();
    token = *std::move(found);
    absl::StatusOr<policy::Scope> parsed = policy::Scope::Parse(token->scopes);
    if (!parsed.ok()) return identity::TokenInvalidError();
    scope = *std::move(parsed);
  }
  policy::Permit permit(std::move(policy), *app, std::move(scope));
  if (proof == Proof::kAdminToken) {
    absl::Status status = permit.CheckAdmin();
    if (!status.ok()) return status;
  }
  auto place = parts_.usage.AdmitCall(*app, SteadyClockNow());
  if (!place.ok()) return place.status();
  return Caller(*std::move(certificate), std::move(token), std::move(permit),
                *std::move(place));
}

absl::StatusOr<Token> Guard::FindToken(
    const grpc::ServerContext& context,
    const identity::PeerCertificate& certificate, const policy::App& app) {
  const absl::string_view bearer = BearerOf(context);
  if (bearer.empty()) return TokenMissingError();
  const absl::Time now = absl::Now();
  absl::StatusOr<Token> token = parts_.tokens.Verify(
      bearer, certificate.thumbprint, certificate.identity, now);
  if (!token.ok()) return token;
  // By the policy of now: the identity may have become another app's.
  if ((*token)->app != app.name) return identity::TokenInvalidError();
  absl::Status status = parts_.freshness.CheckUse(**token, now);
  if (!status.ok()) return status;
  return token;
}

absl::Status Guard::Recheck(const Caller& caller,
                            absl::string_view database) const {
  const bool is_revoked = caller.token() != nullptr &&
                          parts_.revocations.Get()->Revokes(*caller.token());
  if (!is_revoked &&
      !HasLostAccess(*caller.permit().policy(), *parts_.policy.Get(),
                     caller.certificate().identity, database)) {
    return absl::OkStatus();
  }
  return CancellationError(CancelCause::kRevoked, "admission");
}

absl::Time Guard::EarliestIssue(const Caller& caller) const {
  const absl::Time revoked_until =
      parts_.revocations.Get()->RevokedUntil(caller.app());
  // Tokens tell whole seconds: the next one.
  return absl::FromUnixSeconds(absl::ToUnixSeconds(revoked_until)) +
         absl::Seconds(1);
}

}  // namespace sluice::rpc

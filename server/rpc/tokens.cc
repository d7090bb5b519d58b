#include "server/rpc/tokens.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/proto_duration.h"
#include "server/base/proto_time.h"
#include "server/base/task.h"
#include "server/base/wake_up.h"
#include "server/execution/request_validation.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/revocation.h"
#include "server/rpc/token_issue.h"
#include "server/rpc/unary_method.h"

namespace sluice::rpc {
namespace {

using Service = v1::Tokens::AsyncService;
using Token = std::shared_ptr<const identity::TokenClaims>;

constexpr int kAcceptors = 4;

struct TokensMethod {
  static constexpr auto kService = &ServerState::tokens_service;
  static constexpr Proof kProof = Proof::kToken;
};

// Signs a token of what `request` asks for.
template <typename Request, typename Response>
absl::Status Issue(const ServerParts& parts, const Caller& caller,
                   const execution::AuditScope& audit, const Request& request,
                   Response& response) {
  absl::Status status = parts.freshness.CheckIssue();
  if (!status.ok()) return status;
  absl::StatusOr<identity::TokenClaims> claims =
      ClaimsOf(request, caller, absl::Now());
  if (!claims.ok()) return claims.status();
  absl::StatusOr<std::string> token = parts.issuer.Sign(*claims);
  if (!token.ok()) return token.status();
  status =
      RecordToken(audit, *claims,
                  caller.token() == nullptr ? "" : caller.token()->token_id);
  if (!status.ok()) return status;
  response.set_token(*std::move(token));
  ToProto(claims->expire_time, response.mutable_expire_time());
  ToProto(RenewTimeOf(*claims), response.mutable_renew_time());
  return absl::OkStatus();
}

// Ends early when nobody waits for the call any more.
Task<absl::Status> WaitUntil(EventLoop& loop, Cancellation& cancellation,
                             absl::Time time) {
  EventLoop::EnterAwaiter entering = loop.Enter();
  co_await entering;
  WakeUp wake_up;
  Timer timer(loop);
  timer.Start(Deadline::In(time - absl::Now()),
              [&wake_up] { wake_up.Signal(); });
  if (!cancellation.Requested()) {
    cancellation.Listen([&wake_up] { wake_up.Signal(); });
    WakeUp::WaitAwaiter waiting = wake_up.Wait();
    co_await waiting;
    cancellation.Unlisten();
  }
  if (!cancellation.Requested()) co_return absl::OkStatus();
  co_return CancellationError(cancellation.cause(), "admission");
}

// Waits while a token of the caller's app would be revoked as it is issued: for
// as long as clocks may be apart after those that it had were revoked.
// Errors: TokenInvalidError when that is for longer.
Task<absl::Status> AwaitIssue(Worker& worker, const Caller& caller,
                              Cancellation& cancellation) {
  const absl::Duration longest =
      2 * FromProto(worker.state.tokens.clock_skew()) + absl::Seconds(1);
  absl::Status status;
  for (;;) {
    const absl::Time now = absl::Now();
    const absl::Time earliest = worker.state.parts.guard.EarliestIssue(caller);
    if (!status.ok() || earliest <= now) co_return status;
    if (earliest > now + longest) co_return identity::TokenInvalidError();
    Task<absl::Status> waiting =
        WaitUntil(worker.executor.loop(), cancellation, earliest);
    status = co_await std::move(waiting);
  }
}

struct IssueTokenMethod : TokensMethod {
  using Request = v1::IssueTokenRequest;
  using Response = v1::IssueTokenResponse;
  static constexpr auto kRequest = &Service::RequestIssueToken;
  static constexpr absl::string_view kPath = "/sluice.v1.Tokens/IssueToken";
  // The one that takes none.
  static constexpr Proof kProof = Proof::kCertificate;

  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<IssueTokenMethod>& call) {
    Task<absl::Status> waiting =
        AwaitIssue(worker, caller, call.cancellation());
    absl::Status status = co_await std::move(waiting);
    if (!status.ok()) co_return status;
    co_return Issue(
        worker.state.parts, caller,
        AuditScopeOf(worker.state.parts.audit, caller, call.context(), kPath),
        call.request(), *call.response());
  }
};

struct RenewTokenMethod : TokensMethod {
  using Request = v1::RenewTokenRequest;
  using Response = v1::RenewTokenResponse;
  static constexpr auto kRequest = &Service::RequestRenewToken;
  static constexpr absl::string_view kPath = "/sluice.v1.Tokens/RenewToken";

  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<RenewTokenMethod>& call) {
    co_return Issue(
        worker.state.parts, caller,
        AuditScopeOf(worker.state.parts.audit, caller, call.context(), kPath),
        call.request(), *call.response());
  }
};

// The token that a request is about: one of the caller's app, valid now. Null
// for any other.
Token FindToken(const ServerParts& parts, const Caller& caller,
                const std::string& token) {
  if (token.empty()) return caller.token();
  absl::StatusOr<Token> found = parts.verifier.Inspect(token, absl::Now());
  if (!found.ok() || (*found)->app != caller.app()) return nullptr;
  // The identity may have become another app's since.
  const std::shared_ptr<const policy::Policy> policy = parts.policy.Get();
  const policy::App* app = policy->FindApp((*found)->subject);
  if (app == nullptr || app->name != caller.app()) return nullptr;
  return *std::move(found);
}

struct RevokeTokenMethod : TokensMethod {
  using Request = v1::RevokeTokenRequest;
  using Response = v1::RevokeTokenResponse;
  static constexpr auto kRequest = &Service::RequestRevokeToken;
  static constexpr absl::string_view kPath = "/sluice.v1.Tokens/RevokeToken";

  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<RevokeTokenMethod>& call) {
    const Token token =
        FindToken(worker.state.parts, caller, call.request().token());
    if (token == nullptr) {
      co_return execution::InvalidField(
          "token", "is not valid, or not of the calling app");
    }
    Revocation revocation;
    revocation.target = Revocation::Target::kToken;
    revocation.value = token->token_id;
    revocation.end_time =
        token->expire_time + FromProto(worker.state.tokens.clock_skew());
    revocation.reason = "RevokeToken";
    revocation.author = caller.app();
    const Deadline deadline =
        DeadlineOf(call.context(), UnaryDuration(worker.state.limits));
    Task<absl::StatusOr<Revoked>> revoking =
        Revoke(worker.state.parts, revocation, kPath, deadline);
    const absl::StatusOr<Revoked> revoked = co_await std::move(revoking);
    NoteRevocation(
        AuditScopeOf(worker.state.parts.audit, caller, call.context(), kPath),
        token->token_id, revoked.status());
    if (!revoked.ok()) co_return revoked.status();
    ToProto(revoked->time, call.response()->mutable_revoke_time());
    co_return absl::OkStatus();
  }
};

void Tell(const identity::TokenClaims& token,
          v1::IntrospectTokenResponse& told) {
  told.set_active(true);
  told.set_app(token.app);
  told.set_subject(token.subject);
  told.set_token_id(token.token_id);
  told.mutable_scopes()->Assign(token.scopes.begin(), token.scopes.end());
  ToProto(token.issue_time, told.mutable_issue_time());
  ToProto(token.expire_time, told.mutable_expire_time());
  ToProto(token.authentication_time, told.mutable_authentication_time());
  told.set_certificate_thumbprint(token.thumbprint);
  told.set_key_id(token.key_id);
}

struct IntrospectTokenMethod : TokensMethod {
  using Request = v1::IntrospectTokenRequest;
  using Response = v1::IntrospectTokenResponse;
  static constexpr auto kRequest = &Service::RequestIntrospectToken;
  static constexpr absl::string_view kPath =
      "/sluice.v1.Tokens/IntrospectToken";

  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<IntrospectTokenMethod>& call) {
    const Token token =
        FindToken(worker.state.parts, caller, call.request().token());
    if (token != nullptr) Tell(*token, *call.response());
    co_return absl::OkStatus();
  }
};

v1::JsonWebKey ToJsonWebKey(const identity::SigningKeyFacts& key) {
  v1::JsonWebKey web_key;
  web_key.set_kty("OKP");
  web_key.set_crv("Ed25519");
  web_key.set_x(absl::WebSafeBase64Escape(key.public_key));
  web_key.set_kid(key.key_id);
  web_key.set_use("sig");
  web_key.set_alg("EdDSA");
  return web_key;
}

struct GetSigningKeysMethod : TokensMethod {
  using Request = v1::GetSigningKeysRequest;
  using Response = v1::GetSigningKeysResponse;
  static constexpr auto kRequest = &Service::RequestGetSigningKeys;
  static constexpr absl::string_view kPath = "/sluice.v1.Tokens/GetSigningKeys";

  static Task<absl::Status> Run(Worker& worker, const Caller& /*caller*/,
                                CallOf<GetSigningKeysMethod>& call) {
    const config::v1::Tokens& settings = worker.state.tokens;
    // By then whatever a retired key has signed is over.
    const absl::Time too_old = absl::Now() - FromProto(settings.max_ttl()) -
                               FromProto(settings.clock_skew());
    for (const identity::SigningKeyFacts& key :
         worker.state.parts.keys.Get()->Facts()) {
      if (key.state == identity::KeyState::kRetired && key.since < too_old) {
        continue;
      }
      *call.response()->add_keys() = ToJsonWebKey(key);
    }
    co_return absl::OkStatus();
  }
};

}  // namespace

void ServeTokens(Worker& worker) {
  ServeMethod<IssueTokenMethod>(worker, kAcceptors);
  ServeMethod<RenewTokenMethod>(worker, kAcceptors);
  ServeMethod<RevokeTokenMethod>(worker, kAcceptors);
  ServeMethod<IntrospectTokenMethod>(worker, kAcceptors);
  ServeMethod<GetSigningKeysMethod>(worker, kAcceptors);
}

}  // namespace sluice::rpc

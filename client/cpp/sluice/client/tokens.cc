#include "sluice/client/tokens.h"

#include <utility>

#include "sluice/client/internal/attempts.h"
#include "sluice/client/internal/token_refresh.h"
#include "sluice/client/token_source.h"

namespace sluice::client {

Tokens::Tokens(const std::shared_ptr<grpc::ChannelInterface>& channel,
               ClientOptions options)
    : service_{.stub = v1::Tokens::NewStub(channel),
               .tokens =
                   std::make_shared<TokenSource>(channel, options.tokens)},
      certificate_service_{.stub = service_.stub,
                           .tokens = std::make_shared<TokenSource>(
                               channel, TokenOptions{.use = TokenUse::kOff})},
      options_(std::move(options)) {}

absl::StatusOr<v1::IssueTokenResponse> Tokens::Issue(
    const TokenOptions& wanted, const CallOptions& options) const {
  return Call(certificate_service_, &v1::Tokens::StubInterface::IssueToken,
              internal::MakeIssueRequest(wanted), options);
}

absl::StatusOr<v1::IntrospectTokenResponse> Tokens::Introspect(
    absl::string_view token, const CallOptions& options) const {
  v1::IntrospectTokenRequest request;
  request.set_token(std::string(token));
  return Call(service_, &v1::Tokens::StubInterface::IntrospectToken, request,
              options);
}

absl::StatusOr<v1::RevokeTokenResponse> Tokens::Revoke(
    absl::string_view token, const CallOptions& options) const {
  v1::RevokeTokenRequest request;
  request.set_token(std::string(token));
  return Call(service_, &v1::Tokens::StubInterface::RevokeToken, request,
              options);
}

absl::StatusOr<v1::GetSigningKeysResponse> Tokens::GetSigningKeys(
    const CallOptions& options) const {
  return Call(service_, &v1::Tokens::StubInterface::GetSigningKeys,
              v1::GetSigningKeysRequest(), options);
}

// All may be made again: twice revoked is once revoked.
template <typename Request, typename Response>
absl::StatusOr<Response> Tokens::Call(
    const Service& service,
    internal::UnaryMethod<v1::Tokens::StubInterface, Request, Response> method,
    const Request& request, const CallOptions& options) const {
  return internal::CallUnary(
      service, method, request, options.retry.value_or(options_.retry),
      internal::UnaryBounds(options, options_), internal::ReadRule);
}

}  // namespace sluice::client

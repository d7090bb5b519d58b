// The Tokens service: what a token says, and its end.

#ifndef SLUICE_CLIENT_TOKENS_H_
#define SLUICE_CLIENT_TOKENS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"
#include "sluice/client/call_options.h"
#include "sluice/client/internal/service.h"
#include "sluice/client/internal/unary_call.h"
#include "sluice/client/options.h"
#include "sluice/client/token_options.h"
#include "sluice/v1/tokens.grpc.pb.h"

namespace sluice::client {

// For who handles tokens: to give them to another program, to look at them, to
// revoke them. Those of a Client's calls the Client sees to.
//
// Of `CallOptions` deadline, stop token and retry matter.
//
// Threads: any, at once.
class Tokens {
 public:
  // Over a channel of OpenChannel; of `options` what stands from `tokens` on
  // matters. The calls carry tokens of their own, but for Issue.
  Tokens(const std::shared_ptr<grpc::ChannelInterface>& channel,
         ClientOptions options);

  // A new token for the certificate of the connection.
  absl::StatusOr<v1::IssueTokenResponse> Issue(
      const TokenOptions& wanted, const CallOptions& options = {}) const;

  // What a token of the app says, and whether it is valid now.
  absl::StatusOr<v1::IntrospectTokenResponse> Introspect(
      absl::string_view token, const CallOptions& options = {}) const;

  // Ends a token of the app on every instance of the gateway.
  absl::StatusOr<v1::RevokeTokenResponse> Revoke(
      absl::string_view token, const CallOptions& options = {}) const;

  // The public keys that tokens are signed with.
  absl::StatusOr<v1::GetSigningKeysResponse> GetSigningKeys(
      const CallOptions& options = {}) const;

 private:
  using Service = internal::Service<v1::Tokens::StubInterface>;

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(
      const Service& service,
      internal::UnaryMethod<v1::Tokens::StubInterface, Request, Response>
          method,
      const Request& request, const CallOptions& options) const;

  Service service_;
  // The same without tokens.
  Service certificate_service_;
  ClientOptions options_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TOKENS_H_

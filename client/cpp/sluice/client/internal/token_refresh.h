// Asks the gateway for a token, without a thread that waits.

#ifndef SLUICE_CLIENT_INTERNAL_TOKEN_REFRESH_H_
#define SLUICE_CLIENT_INTERNAL_TOKEN_REFRESH_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "sluice/client/token_options.h"
#include "sluice/v1/tokens.grpc.pb.h"

namespace sluice::client::internal {

struct IssuedToken {
  std::string text;
  // The third part of its time: it is to be renewed after two, and ends after
  // three.
  absl::Duration third;
};

v1::IssueTokenRequest MakeIssueRequest(const TokenOptions& options);

// One RenewToken, IssueToken where that is refused, or IssueToken alone.
//
// Lifetime: until `done` has been called. It may hold the last reference to the
// channel, which gRPC 1.51 does not survive to lose in a thread of its own: so
// who called Start destroys it, not `done`.
// Threads: `done` runs in a thread of gRPC's, perhaps before Start returns.
class TokenRefresh {
 public:
  using Done = std::function<void(absl::StatusOr<IssuedToken>)>;

  TokenRefresh(std::shared_ptr<v1::Tokens::StubInterface> stub,
               const TokenOptions& options, Done done);
  TokenRefresh(const TokenRefresh&) = delete;

  // Renews `token`; empty: issues one. Once.
  void Start(const std::string& token);

  // Ends it soon, with an error.
  void Cancel();

 private:
  void Renew(const std::string& token);
  void Issue();

  const std::shared_ptr<v1::Tokens::StubInterface> stub_;
  const Done done_;
  // Each call has a context of its own.
  grpc::ClientContext renew_context_;
  grpc::ClientContext issue_context_;
  v1::RenewTokenRequest renew_request_;
  v1::RenewTokenResponse renew_response_;
  v1::IssueTokenRequest issue_request_;
  v1::IssueTokenResponse issue_response_;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_TOKEN_REFRESH_H_

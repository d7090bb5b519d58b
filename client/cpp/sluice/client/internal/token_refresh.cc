#include "sluice/client/internal/token_refresh.h"

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sluice/client/internal/duration_proto.h"
#include "sluice/client/internal/grpc_status.h"

namespace sluice::client::internal {
namespace {

// After it a gateway counts as lost without a word.
constexpr std::chrono::seconds kTimeout(20);

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

template <typename Response>
absl::StatusOr<IssuedToken> TakeToken(Response& response) {
  if (response.token().empty()) {
    return absl::InternalError("malformed answer: an empty token");
  }
  return IssuedToken{
      .text = std::move(*response.mutable_token()),
      .third = ToTime(response.expire_time()) - ToTime(response.renew_time())};
}

}  // namespace

v1::IssueTokenRequest MakeIssueRequest(const TokenOptions& options) {
  v1::IssueTokenRequest request;
  request.mutable_scopes()->Add(options.scopes.begin(), options.scopes.end());
  if (options.ttl > absl::ZeroDuration()) {
    *request.mutable_ttl() = ToDurationProto(options.ttl);
  }
  return request;
}

TokenRefresh::TokenRefresh(std::shared_ptr<v1::Tokens::StubInterface> stub,
                           const TokenOptions& options, Done done)
    : stub_(std::move(stub)),
      done_(std::move(done)),
      issue_request_(MakeIssueRequest(options)) {
  if (issue_request_.has_ttl()) {
    *renew_request_.mutable_ttl() = issue_request_.ttl();
  }
}

void TokenRefresh::Start(const std::string& token) {
  const auto deadline = std::chrono::system_clock::now() + kTimeout;
  renew_context_.set_deadline(deadline);
  issue_context_.set_deadline(deadline);
  if (token.empty()) {
    Issue();
  } else {
    Renew(token);
  }
}

void TokenRefresh::Cancel() {
  renew_context_.TryCancel();
  issue_context_.TryCancel();
}

void TokenRefresh::Renew(const std::string& token) {
  renew_context_.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  stub_->async()->RenewToken(
      &renew_context_, &renew_request_, &renew_response_,
      [this](const grpc::Status& status) {
        if (status.ok()) {
          done_(TakeToken(renew_response_));
        } else if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED) {
          // Its session is over, or it was revoked: the certificate counts yet.
          Issue();
        } else {
          done_(FromGrpcStatus(status));
        }
      });
}

void TokenRefresh::Issue() {
  stub_->async()->IssueToken(&issue_context_, &issue_request_, &issue_response_,
                             [this](const grpc::Status& status) {
                               if (status.ok()) {
                                 done_(TakeToken(issue_response_));
                               } else {
                                 done_(FromGrpcStatus(status));
                               }
                             });
}

}  // namespace sluice::client::internal

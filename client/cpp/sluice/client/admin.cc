#include "sluice/client/admin.h"

#include <algorithm>
#include <utility>

#include "sluice/client/internal/attempts.h"
#include "sluice/client/token_source.h"

namespace sluice::client {
namespace {

constexpr char kScope[] = "admin";

TokenOptions WithScope(TokenOptions options) {
  if (std::find(options.scopes.begin(), options.scopes.end(), kScope) ==
      options.scopes.end()) {
    options.scopes.emplace_back(kScope);
  }
  return options;
}

}  // namespace

Admin::Admin(const std::shared_ptr<grpc::ChannelInterface>& channel,
             ClientOptions options)
    : service_{.stub = v1::Admin::NewStub(channel),
               .tokens = std::make_shared<TokenSource>(
                   channel, WithScope(options.tokens))},
      options_(std::move(options)) {}

absl::StatusOr<v1::RevokeTokensResponse> Admin::RevokeTokens(
    const v1::RevokeTokensRequest& request, const CallOptions& options) const {
  return Call(&v1::Admin::StubInterface::RevokeTokens, request, options);
}

absl::StatusOr<v1::GetVersionResponse> Admin::GetVersion(
    const CallOptions& options) const {
  return Call(&v1::Admin::StubInterface::GetVersion, v1::GetVersionRequest(),
              options);
}

absl::StatusOr<v1::ReloadConfigResponse> Admin::ReloadConfig(
    const CallOptions& options) const {
  return Call(&v1::Admin::StubInterface::ReloadConfig,
              v1::ReloadConfigRequest(), options);
}

absl::StatusOr<v1::ListActivityResponse> Admin::ListActivity(
    const v1::ListActivityRequest& request, const CallOptions& options) const {
  return Call(&v1::Admin::StubInterface::ListActivity, request, options);
}

absl::StatusOr<v1::CancelActivityResponse> Admin::CancelActivity(
    absl::string_view activity_id, const CallOptions& options) const {
  v1::CancelActivityRequest request;
  request.set_activity_id(std::string(activity_id));
  return Call(&v1::Admin::StubInterface::CancelActivity, request, options);
}

absl::StatusOr<v1::GetTopologyResponse> Admin::GetTopology(
    absl::string_view cluster, const CallOptions& options) const {
  v1::GetTopologyRequest request;
  request.set_cluster(std::string(cluster));
  return Call(&v1::Admin::StubInterface::GetTopology, request, options);
}

absl::StatusOr<v1::HoldWritesResponse> Admin::HoldWrites(
    const v1::HoldWritesRequest& request, const CallOptions& options) const {
  return Call(&v1::Admin::StubInterface::HoldWrites, request, options);
}

absl::StatusOr<v1::ReleaseWritesResponse> Admin::ReleaseWrites(
    absl::string_view cluster, const CallOptions& options) const {
  v1::ReleaseWritesRequest request;
  request.set_cluster(std::string(cluster));
  return Call(&v1::Admin::StubInterface::ReleaseWrites, request, options);
}

// All may be made again: what was revoked, cancelled or held stays so.
template <typename Request, typename Response>
absl::StatusOr<Response> Admin::Call(
    internal::UnaryMethod<v1::Admin::StubInterface, Request, Response> method,
    const Request& request, const CallOptions& options) const {
  return internal::CallUnary(
      service_, method, request, options.retry.value_or(options_.retry),
      internal::UnaryBounds(options, options_), internal::ReadRule);
}

}  // namespace sluice::client

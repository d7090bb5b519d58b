// The Admin service: what operators ask of an instance of the gateway.

#ifndef SLUICE_CLIENT_ADMIN_H_
#define SLUICE_CLIENT_ADMIN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"
#include "sluice/client/call_options.h"
#include "sluice/client/internal/service.h"
#include "sluice/client/internal/unary_call.h"
#include "sluice/client/options.h"
#include "sluice/v1/admin.grpc.pb.h"

namespace sluice::client {

// Calls of an admin. Their tokens have the scope `admin`; the app must be one
// by the policy: otherwise PERMISSION_DENIED, reason ADMIN_REQUIRED. A call
// reaches the instance behind the channel, RevokeTokens all.
//
// Of `CallOptions` deadline, stop token and retry matter.
//
// Threads: any, at once.
class Admin {
 public:
  // Over a channel of OpenChannel; of `options` what stands from `tokens` on
  // matters.
  Admin(const std::shared_ptr<grpc::ChannelInterface>& channel,
        ClientOptions options);

  // Errors: FAILED_PRECONDITION, reason REVOCATION_UNAVAILABLE, without a
  // control database.
  absl::StatusOr<v1::RevokeTokensResponse> RevokeTokens(
      const v1::RevokeTokensRequest& request,
      const CallOptions& options = {}) const;

  absl::StatusOr<v1::GetVersionResponse> GetVersion(
      const CallOptions& options = {}) const;

  absl::StatusOr<v1::ReloadConfigResponse> ReloadConfig(
      const CallOptions& options = {}) const;

  absl::StatusOr<v1::ListActivityResponse> ListActivity(
      const v1::ListActivityRequest& request = {},
      const CallOptions& options = {}) const;

  // Errors: NOT_FOUND, reason UNKNOWN_ACTIVITY.
  absl::StatusOr<v1::CancelActivityResponse> CancelActivity(
      absl::string_view activity_id, const CallOptions& options = {}) const;

  // Of one cluster, or of all of them.
  // Errors: NOT_FOUND, reason UNKNOWN_CLUSTER.
  absl::StatusOr<v1::GetTopologyResponse> GetTopology(
      absl::string_view cluster = "", const CallOptions& options = {}) const;

  // An answer with `writes_in_progress` above 0 holds all the same: release it
  // or go on.
  // Errors: NOT_FOUND, reason UNKNOWN_CLUSTER; INVALID_ARGUMENT for a duration
  // beyond 60 s.
  absl::StatusOr<v1::HoldWritesResponse> HoldWrites(
      const v1::HoldWritesRequest& request,
      const CallOptions& options = {}) const;

  // Errors: NOT_FOUND, reason UNKNOWN_CLUSTER.
  absl::StatusOr<v1::ReleaseWritesResponse> ReleaseWrites(
      absl::string_view cluster, const CallOptions& options = {}) const;

 private:
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(
      internal::UnaryMethod<v1::Admin::StubInterface, Request, Response> method,
      const Request& request, const CallOptions& options) const;

  internal::Service<v1::Admin::StubInterface> service_;
  ClientOptions options_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_ADMIN_H_

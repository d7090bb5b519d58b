#include "server/rpc/admin.h"

#include <coroutine>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"
#include "server/base/proto_time.h"
#include "server/base/task.h"
#include "server/execution/request_validation.h"
#include "server/rpc/admin_clusters.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/revocation.h"
#include "server/rpc/unary_method.h"

namespace sluice::rpc {
namespace {

using execution::InvalidField;
using Service = v1::Admin::AsyncService;

constexpr int kAcceptors = 2;
// Beyond what any name or identifier has.
constexpr size_t kMaxTargetBytes = 64;
constexpr size_t kMaxReasonBytes = 200;

struct AdminMethod {
  static constexpr auto kService = &ServerState::admin_service;
  static constexpr Proof kProof = Proof::kAdminToken;
};

absl::Status CheckTarget(absl::string_view field, const std::string& value) {
  if (value.empty()) return InvalidField(field, "is empty");
  if (value.size() > kMaxTargetBytes) return InvalidField(field, "is too long");
  return absl::OkStatus();
}

// The target of the request, into `revocation`.
absl::Status ReadTarget(const v1::RevokeTokensRequest& request,
                        Revocation& revocation) {
  using Request = v1::RevokeTokensRequest;
  using Target = Revocation::Target;
  switch (request.target_case()) {
    case Request::kTokenId:
      revocation.target = Target::kToken;
      revocation.value = request.token_id();
      return CheckTarget("token_id", revocation.value);
    case Request::kApp:
      revocation.target = Target::kApp;
      revocation.value = request.app();
      return CheckTarget("app", revocation.value);
    case Request::kKeyId:
      revocation.target = Target::kKey;
      revocation.value = request.key_id();
      return CheckTarget("key_id", revocation.value);
    case Request::kCertificateThumbprint:
      break;
    case Request::TARGET_NOT_SET:
      return InvalidField("target", "is missing");
  }
  revocation.target = Target::kCertificate;
  absl::StatusOr<std::string> thumbprint =
      identity::CanonicalThumbprint(request.certificate_thumbprint());
  if (!thumbprint.ok()) {
    return InvalidField("certificate_thumbprint",
                        "is not a SHA-256, base64url or hexadecimal");
  }
  revocation.value = *std::move(thumbprint);
  return absl::OkStatus();
}

absl::StatusOr<Revocation> RevocationOf(const v1::RevokeTokensRequest& request,
                                        const Caller& caller,
                                        const config::v1::Tokens& settings) {
  Revocation revocation;
  absl::Status status = ReadTarget(request, revocation);
  if (!status.ok()) return status;
  if (request.reason().size() > kMaxReasonBytes) {
    return InvalidField("reason", "is longer than 200 bytes");
  }
  if (revocation.target == Revocation::Target::kToken ||
      revocation.target == Revocation::Target::kApp) {
    // What was issued until now.
    revocation.end_time = absl::Now() + FromProto(settings.max_ttl()) +
                          2 * FromProto(settings.clock_skew());
  }
  revocation.reason = request.reason();
  revocation.author = caller.app();
  return revocation;
}

struct RevokeTokensMethod : AdminMethod {
  using Request = v1::RevokeTokensRequest;
  using Response = v1::RevokeTokensResponse;
  static constexpr auto kRequest = &Service::RequestRevokeTokens;
  static constexpr absl::string_view kPath = "/sluice.v1.Admin/RevokeTokens";

  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<RevokeTokensMethod>& call) {
    const absl::StatusOr<Revocation> revocation =
        RevocationOf(call.request(), caller, worker.state.tokens);
    if (!revocation.ok()) co_return revocation.status();
    const Deadline deadline =
        DeadlineOf(call.context(), UnaryDuration(worker.state.limits));
    Task<absl::StatusOr<Revoked>> revoking =
        Revoke(worker.state.parts, *revocation, kPath, deadline);
    const absl::StatusOr<Revoked> revoked = co_await std::move(revoking);
    if (!revoked.ok()) co_return revoked.status();
    ToProto(revoked->time, call.response()->mutable_revoke_time());
    call.response()->set_cancelled_calls(revoked->cancelled_calls);
    co_return absl::OkStatus();
  }
};

struct GetVersionMethod : AdminMethod {
  using Request = v1::GetVersionRequest;
  using Response = v1::GetVersionResponse;
  static constexpr auto kRequest = &Service::RequestGetVersion;
  static constexpr absl::string_view kPath = "/sluice.v1.Admin/GetVersion";

  static Task<absl::Status> Run(Worker& worker, const Caller& /*caller*/,
                                CallOf<GetVersionMethod>& call) {
    const ServerParts& parts = worker.state.parts;
    v1::GetVersionResponse& response = *call.response();
    response.set_server_version(SLUICE_VERSION);
    response.set_instance(parts.instance);
    ToProto(parts.start_time, response.mutable_start_time());
    response.set_policy_digest(parts.policy.Get()->digest());
    ToProto(parts.reloader == nullptr ? parts.start_time
                                      : parts.reloader->policy_load_time(),
            response.mutable_policy_load_time());
    response.set_signing_key_id(parts.keys.Get()->active_key_id());
    const std::optional<absl::Duration> age = parts.freshness.Age();
    if (age.has_value()) ToProto(*age, response.mutable_revocation_age());
    co_return absl::OkStatus();
  }
};

// `co_await` one: has everything read anew, and continues on the loop.
class ReloadAwaiter {
 public:
  ReloadAwaiter(ConfigReloader& reloader, EventLoop& loop,
                v1::ReloadConfigResponse& response)
      : reloader_(reloader), loop_(loop), response_(response) {}
  ReloadAwaiter(const ReloadAwaiter&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    reloader_.Reload([this, handle](v1::ReloadConfigResponse outcomes) {
      response_ = std::move(outcomes);
      loop_.Post([handle] { handle.resume(); });
    });
  }
  void await_resume() const {}

 private:
  ConfigReloader& reloader_;
  EventLoop& loop_;
  v1::ReloadConfigResponse& response_;
};

struct ReloadConfigMethod : AdminMethod {
  using Request = v1::ReloadConfigRequest;
  using Response = v1::ReloadConfigResponse;
  static constexpr auto kRequest = &Service::RequestReloadConfig;
  static constexpr absl::string_view kPath = "/sluice.v1.Admin/ReloadConfig";

  static Task<absl::Status> Run(Worker& worker, const Caller& /*caller*/,
                                CallOf<ReloadConfigMethod>& call) {
    ConfigReloader* const reloader = worker.state.parts.reloader;
    if (reloader == nullptr) co_return absl::OkStatus();
    ReloadAwaiter reloading(*reloader, worker.executor.loop(),
                            *call.response());
    co_await reloading;
    co_return absl::OkStatus();
  }
};

v1::Activity Tell(const Activity& activity) {
  v1::Activity told;
  told.set_activity_id(absl::StrCat(activity.id));
  told.set_method(std::string(activity.method));
  told.set_app(activity.app);
  if (activity.token != nullptr) told.set_token_id(activity.token->token_id);
  told.set_peer(activity.peer);
  told.set_database(activity.database);
  told.set_tag(activity.tag);
  ToProto(activity.start_time, told.mutable_start_time());
  return told;
}

struct ListActivityMethod : AdminMethod {
  using Request = v1::ListActivityRequest;
  using Response = v1::ListActivityResponse;
  static constexpr auto kRequest = &Service::RequestListActivity;
  static constexpr absl::string_view kPath = "/sluice.v1.Admin/ListActivity";

  static Task<absl::Status> Run(Worker& worker, const Caller& /*caller*/,
                                CallOf<ListActivityMethod>& call) {
    const v1::ListActivityRequest& request = call.request();
    for (const Activity& activity : worker.state.parts.activities.List()) {
      if ((request.app().empty() || activity.app == request.app()) &&
          (request.database().empty() ||
           activity.database == request.database())) {
        *call.response()->add_activities() = Tell(activity);
      }
    }
    co_return absl::OkStatus();
  }
};

struct CancelActivityMethod : AdminMethod {
  using Request = v1::CancelActivityRequest;
  using Response = v1::CancelActivityResponse;
  static constexpr auto kRequest = &Service::RequestCancelActivity;
  static constexpr absl::string_view kPath = "/sluice.v1.Admin/CancelActivity";

  static Task<absl::Status> Run(Worker& worker, const Caller& /*caller*/,
                                CallOf<CancelActivityMethod>& call) {
    const std::string& asked = call.request().activity_id();
    if (asked.empty()) co_return InvalidField("activity_id", "is missing");
    const int found = worker.state.parts.activities.CancelIf(
        [&asked](const Activity& activity) {
          return absl::StrCat(activity.id) == asked;
        },
        CancelCause::kAdmin);
    if (found > 0) co_return absl::OkStatus();
    co_return MakeError(absl::StatusCode::kNotFound,
                        v1::ERROR_REASON_UNKNOWN_ACTIVITY,
                        "no call of that identifier is in progress here",
                        {{"field", "activity_id"}, {"executed", "no"}});
  }
};

}  // namespace

void ServeAdmin(Worker& worker) {
  ServeMethod<RevokeTokensMethod>(worker, kAcceptors);
  ServeMethod<GetVersionMethod>(worker, kAcceptors);
  ServeMethod<ReloadConfigMethod>(worker, kAcceptors);
  ServeMethod<ListActivityMethod>(worker, kAcceptors);
  ServeMethod<CancelActivityMethod>(worker, kAcceptors);
  ServeAdminClusters(worker);
}

}  // namespace sluice::rpc

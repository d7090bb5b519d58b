#include "server/rpc/call_audit.h"

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/utf8.h"

namespace sluice::rpc {
namespace {

using execution::AuditScope;
using telemetry::LogField;

// The longest that a call can come by with.
constexpr size_t kMaxDatabaseBytes = 63;

std::vector<LogField> FieldsOf(const AuditScope& scope) {
  return {{"app", scope.app},
          {"identity", scope.identity},
          {"token_id", scope.token_id},
          {"peer", scope.peer},
          {"method", scope.method}};
}

}  // namespace

AuditScope AuditScopeOf(telemetry::AuditLog* log, const Caller& caller,
                        const grpc::ServerContext& context,
                        absl::string_view method) {
  AuditScope scope;
  if (log == nullptr) return scope;
  scope.log = log;
  scope.method = method;
  scope.app = caller.app();
  scope.identity = caller.certificate().identity;
  if (caller.token() != nullptr) scope.token_id = caller.token()->token_id;
  scope.peer = context.peer();
  return scope;
}

absl::Status RecordToken(const AuditScope& scope,
                         const identity::TokenClaims& token,
                         absl::string_view previous_id) {
  if (scope.log == nullptr) return absl::OkStatus();
  const std::string scopes = absl::StrJoin(token.scopes, " ");
  const std::string expire_time = absl::FormatTime(
      absl::RFC3339_sec, token.expire_time, absl::UTCTimeZone());
  std::vector<LogField> fields = {
      {"app", scope.app},           {"identity", scope.identity},
      {"token_id", token.token_id}, {"peer", scope.peer},
      {"scopes", scopes},           {"expire_time", expire_time},
      {"key_id", token.key_id}};
  if (!previous_id.empty()) {
    fields.push_back({"previous_token_id", previous_id});
  }
  return scope.log
      ->Append(previous_id.empty() ? "token_issued" : "token_renewed", fields)
      .status();
}

void NoteRevocation(const AuditScope& scope, absl::string_view token_id,
                    const absl::Status& status) {
  if (scope.log == nullptr) return;
  const std::string code = absl::StatusCodeToString(status.code());
  std::vector<LogField> fields = FieldsOf(scope);
  fields.push_back({"revoked_token_id", token_id});
  fields.push_back({"status", code});
  scope.log->Note("token_revoked", fields);
}

AdminTarget TargetOf(const v1::RevokeTokensRequest& request) {
  using Request = v1::RevokeTokensRequest;
  AdminTarget target;
  target.reason = request.reason();
  switch (request.target_case()) {
    case Request::kTokenId:
      target.name = absl::StrCat("token_id=", request.token_id());
      break;
    case Request::kApp:
      target.name = absl::StrCat("app=", request.app());
      break;
    case Request::kCertificateThumbprint:
      target.name = absl::StrCat("certificate_thumbprint=",
                                 request.certificate_thumbprint());
      break;
    case Request::kKeyId:
      target.name = absl::StrCat("key_id=", request.key_id());
      break;
    case Request::TARGET_NOT_SET:
      break;
  }
  return target;
}

AdminTarget TargetOf(const v1::CancelActivityRequest& request) {
  return {.name = absl::StrCat("activity_id=", request.activity_id())};
}

AdminTarget TargetOf(const v1::HoldWritesRequest& request) {
  return {.name = absl::StrCat("cluster=", request.cluster())};
}

AdminTarget TargetOf(const v1::ReleaseWritesRequest& request) {
  return {.name = absl::StrCat("cluster=", request.cluster())};
}

void NoteAdminAction(const AuditScope& scope, const AdminTarget& target,
                     const absl::Status& status) {
  if (scope.log == nullptr) return;
  const std::string code = absl::StatusCodeToString(status.code());
  std::vector<LogField> fields = FieldsOf(scope);
  fields.push_back({"target", target.name});
  fields.push_back({"reason", target.reason});
  fields.push_back({"status", code});
  scope.log->Note("admin_action", fields);
}

void NoteIfDenied(telemetry::AuditLog* log, const Caller& caller,
                  const grpc::ServerContext& context, absl::string_view method,
                  absl::string_view database, const absl::Status& status) {
  if (log == nullptr || !IsRefusal(status)) return;
  const AuditScope scope = AuditScopeOf(log, caller, context, method);
  const std::string reason = ReasonName(status);
  log->NoteRefusal({.reason = reason,
                    .app = scope.app,
                    .identity = scope.identity,
                    .peer = scope.peer,
                    .method = method,
                    .database = TruncateUtf8(database, kMaxDatabaseBytes)});
}

bool IsRefusal(const absl::Status& status) {
  switch (ReasonOf(status)) {
    case v1::ERROR_REASON_IDENTITY_INVALID:
    case v1::ERROR_REASON_APP_NOT_ALLOWED:
    case v1::ERROR_REASON_TOKEN_MISSING:
    case v1::ERROR_REASON_TOKEN_INVALID:
    case v1::ERROR_REASON_ACCESS_DENIED:
    case v1::ERROR_REASON_ADMIN_REQUIRED:
    case v1::ERROR_REASON_UNKNOWN_DATABASE:
      return true;
    default:
      return false;
  }
}

std::string ReasonName(const absl::Status& status) {
  return std::string(absl::StripPrefix(v1::ErrorReason_Name(ReasonOf(status)),
                                       "ERROR_REASON_"));
}

}  // namespace sluice::rpc

#include "server/rpc/status_conversion.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/base/error.h"
#include "server/base/utf8.h"

namespace sluice::rpc {
namespace {

constexpr size_t kMaxMessageBytes = 512;
constexpr int32_t kRetryDelayNanos = 100'000'000;

// Whether the same call may be made again as it is: certainly nothing was
// executed, and the fault passes.
bool MayRetry(const absl::Status& status) {
  if (ErrorMetadataOf(status, "executed") != "no") return false;
  const v1::ErrorReason reason = ReasonOf(status);
  // It says that another request failed, not why.
  if (reason == v1::ERROR_REASON_TRANSACTION_FAILED) return false;
  return absl::IsUnavailable(status) || absl::IsAborted(status) ||
         reason == v1::ERROR_REASON_QUEUE_FULL ||
         reason == v1::ERROR_REASON_TOO_MANY_CALLS;
}

std::string MessageOf(const absl::Status& status) {
  return std::string(TruncateUtf8(status.message(), kMaxMessageBytes));
}

// Fills `detail` from the payload of its kind; leaves it empty where there is
// none.
template <typename Detail>
void ReadDetail(const absl::Status& status, Detail& detail) {
  absl::optional<absl::Cord> payload =
      status.GetPayload(DetailUrl(Detail::descriptor()->full_name()));
  if (payload.has_value()) detail.ParseFromString(std::string(*payload));
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status told;
  told.set_code(static_cast<int>(status.code()));
  told.set_message(MessageOf(status));
  status.ForEachPayload(
      [&told](absl::string_view type_url, const absl::Cord& payload) {
        google::protobuf::Any* detail = told.add_details();
        detail->set_type_url(std::string(type_url));
        detail->set_value(std::string(payload));
      });
  if (MayRetry(status)) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_nanos(kRetryDelayNanos);
    told.add_details()->PackFrom(retry);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      told.message(), told.SerializeAsString());
}

v1::CallError ToCallError(const absl::Status& status) {
  v1::CallError error;
  error.set_code(static_cast<int32_t>(status.code()));
  error.set_message(MessageOf(status));
  google::rpc::ErrorInfo info;
  ReadDetail(status, info);
  error.set_reason(info.reason());
  error.mutable_metadata()->insert(info.metadata().begin(),
                                   info.metadata().end());
  v1::PostgresDiagnostic postgres;
  ReadDetail(status, postgres);
  if (!postgres.sqlstate().empty()) *error.mutable_postgres() = postgres;
  if (MayRetry(status)) {
    error.mutable_retry_delay()->set_nanos(kRetryDelayNanos);
  }
  return error;
}

}  // namespace sluice::rpc

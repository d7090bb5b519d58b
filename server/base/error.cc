#include "server/base/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/rpc/error_details.pb.h"

namespace sluice {
namespace {

constexpr absl::string_view kErrorInfoName = "google.rpc.ErrorInfo";
constexpr absl::string_view kDomain = "sluice";
constexpr absl::string_view kReasonPrefix = "ERROR_REASON_";

google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  absl::optional<absl::Cord> payload =
      status.GetPayload(DetailUrl(kErrorInfoName));
  if (payload.has_value()) info.ParseFromString(std::string(*payload));
  return info;
}

}  // namespace

std::string DetailUrl(absl::string_view full_name) {
  return absl::StrCat("type.googleapis.com/", full_name);
}

void AttachDetail(absl::Status& status, absl::string_view full_name,
                  const google::protobuf::MessageLite& detail) {
  // Equal details as equal bytes, whatever the order of a map: statuses are
  // compared with each other.
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream output(&stream);
    output.SetSerializationDeterministic(true);
    detail.SerializeToCodedStream(&output);
  }
  status.SetPayload(DetailUrl(full_name), absl::Cord(std::move(bytes)));
}

absl::Status MakeError(absl::StatusCode code, v1::ErrorReason reason,
                       absl::string_view message, ErrorMetadata metadata) {
  absl::Status status(code, message);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(
      absl::StripPrefix(v1::ErrorReason_Name(reason), kReasonPrefix)));
  info.set_domain(std::string(kDomain));
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[std::string(key)] = std::string(value);
  }
  AttachDetail(status, kErrorInfoName, info);
  return status;
}

v1::ErrorReason ReasonOf(const absl::Status& status) {
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  v1::ErrorReason_Parse(
      absl::StrCat(kReasonPrefix, ErrorInfoOf(status).reason()), &reason);
  return reason;
}

void SetErrorMetadata(absl::Status& status, absl::string_view key,
                      absl::string_view value) {
  google::rpc::ErrorInfo info = ErrorInfoOf(status);
  (*info.mutable_metadata())[std::string(key)] = std::string(value);
  AttachDetail(status, kErrorInfoName, info);
}

std::string ErrorMetadataOf(const absl::Status& status, absl::string_view key) {
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  auto it = info.metadata().find(std::string(key));
  return it == info.metadata().end() ? std::string() : it->second;
}

}  // namespace sluice

#include "tests/support/call_error.h"

#include "google/rpc/status.pb.h"

namespace sluice::testing {

CallError CallError::Of(const grpc::Status& status) {
  CallError error;
  error.status = status;
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return error;
  for (const google::protobuf::Any& detail : rich.details()) {
    if (detail.Is<google::rpc::ErrorInfo>()) {
      detail.UnpackTo(&error.info);
    } else if (detail.Is<v1::PostgresDiagnostic>()) {
      detail.UnpackTo(&error.diagnostic);
    } else if (detail.Is<google::rpc::RetryInfo>()) {
      detail.UnpackTo(&error.retry.emplace());
    }
  }
  return error;
}

std::string CallError::Metadata(const std::string& key) const {
  const auto entry = info.metadata().find(key);
  return entry == info.metadata().end() ? std::string() : entry->second;
}

std::ostream& operator<<(std::ostream& out, const CallError& error) {
  if (error.status.ok()) return out << "OK";
  out << "code " << error.status.error_code() << ", \""
      << error.status.error_message() << "\"";
  if (error.IsTyped()) out << ", " << error.info.ShortDebugString();
  if (!error.diagnostic.sqlstate().empty()) {
    out << ", " << error.diagnostic.ShortDebugString();
  }
  return out;
}

}  // namespace sluice::testing

namespace grpc {

void PrintTo(const Status& status, std::ostream* out) {
  *out << sluice::testing::CallError::Of(status);
}

}  // namespace grpc

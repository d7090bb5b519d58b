// CallError: what the gateway says of a call that failed, taken apart.

#ifndef SLUICE_TESTS_SUPPORT_CALL_ERROR_H_
#define SLUICE_TESTS_SUPPORT_CALL_ERROR_H_

#include <gmock/gmock.h>
#include <grpcpp/support/status.h>

#include <optional>
#include <ostream>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::testing {

struct CallError {
  static CallError Of(const grpc::Status& status);

  // Without the gateway's details: of gRPC itself.
  bool IsTyped() const { return !info.reason().empty(); }
  std::string Metadata(const std::string& key) const;

  grpc::Status status;
  google::rpc::ErrorInfo info;
  // Empty where the error is not PostgreSQL's.
  v1::PostgresDiagnostic diagnostic;
  // Only where the call may be made again as it is.
  std::optional<google::rpc::RetryInfo> retry;
};

std::ostream& operator<<(std::ostream& out, const CallError& error);

// Of a grpc::Status.
MATCHER(IsOk, "") {
  *result_listener << CallError::Of(arg);
  return arg.ok();
}

// Of a grpc::Status: an error of the gateway, of this code and reason, such as
// StatusCode::INVALID_ARGUMENT and v1::ERROR_REASON_SYNTAX_ERROR.
MATCHER_P2(FailsWith, code, reason, "") {
  const CallError error = CallError::Of(arg);
  *result_listener << error;
  return error.status.error_code() == code &&
         "ERROR_REASON_" + error.info.reason() ==
             v1::ErrorReason_Name(reason) &&
         error.info.domain() == "sluice";
}

}  // namespace sluice::testing

namespace grpc {

// How gtest shows it.
void PrintTo(const Status& status, std::ostream* out);

}  // namespace grpc

#endif  // SLUICE_TESTS_SUPPORT_CALL_ERROR_H_

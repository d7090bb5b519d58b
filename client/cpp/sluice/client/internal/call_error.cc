#include "sluice/client/internal/call_error.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "sluice/client/error_details.h"

namespace sluice::client::internal {
namespace {

constexpr char kDomain[] = "sluice";

template <typename Message>
void AddDetail(const Message& message, absl::Status& status) {
  status.SetPayload(
      absl::StrCat("type.googleapis.com/", Message::descriptor()->full_name()),
      absl::Cord(message.SerializeAsString()));
}

void AddReason(const char* reason, const char* executed, absl::Status& status) {
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason(reason);
  (*info.mutable_metadata())["executed"] = executed;
  AddDetail(info, status);
}

absl::StatusCode CodeOf(const v1::CallError& error) {
  // An error with the code of success would be none.
  if (error.code() == 0) return absl::StatusCode::kUnknown;
  return static_cast<absl::StatusCode>(error.code());
}

}  // namespace

absl::Status FromCallError(const v1::CallError& error) {
  absl::Status status(CodeOf(error), error.message());
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason(error.reason());
  *info.mutable_metadata() = error.metadata();
  AddDetail(info, status);
  if (error.has_postgres()) AddDetail(error.postgres(), status);
  if (error.has_retry_delay()) {
    google::rpc::RetryInfo retry;
    *retry.mutable_retry_delay() = error.retry_delay();
    AddDetail(retry, status);
  }
  return status;
}

absl::Status WithOpenOutcome(const absl::Status& error) {
  if (ErrorDetails::From(error).is_from_gateway()) return error;
  absl::Status open(
      error.code(),
      absl::StrCat("the commit was sent and not answered: ", error.message()));
  AddReason("OUTCOME_UNKNOWN", "unknown", open);
  return open;
}

absl::Status NotExecuted(const absl::Status& error) {
  absl::Status lost =
      absl::UnavailableError(absl::StrCat("rolled back: ", error.message()));
  AddReason("CONNECTION_LOST", "no", lost);
  return lost;
}

}  // namespace sluice::client::internal

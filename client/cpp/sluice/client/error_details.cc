#include "sluice/client/error_details.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"

namespace sluice::client {
namespace {

constexpr char kDomain[] = "sluice";

template <typename Message>
std::optional<Message> FindDetail(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(
      absl::StrCat("type.googleapis.com/", Message::descriptor()->full_name()));
  Message message;
  if (!payload.has_value() || !message.ParseFromString(std::string(*payload))) {
    return std::nullopt;
  }
  return message;
}

}  // namespace

ErrorDetails ErrorDetails::From(const absl::Status& status) {
  ErrorDetails details;
  const auto info = FindDetail<google::rpc::ErrorInfo>(status);
  if (info.has_value() && info->domain() == kDomain) {
    details.reason_name = info->reason();
    v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", info->reason()),
                          &details.reason);
    details.metadata.insert(info->metadata().begin(), info->metadata().end());
  }
  const auto retry = FindDetail<google::rpc::RetryInfo>(status);
  if (retry.has_value()) {
    details.retry_delay = absl::Seconds(retry->retry_delay().seconds()) +
                          absl::Nanoseconds(retry->retry_delay().nanos());
  }
  details.postgres = FindDetail<v1::PostgresDiagnostic>(status);
  return details;
}

Executed ErrorDetails::executed() const {
  const auto entry = metadata.find("executed");
  if (entry == metadata.end()) return Executed::kNotTold;
  return entry->second == "no" ? Executed::kNo : Executed::kUnknown;
}

std::string ErrorDetails::outcome_reference() const {
  const auto entry = metadata.find("outcome_reference");
  return entry == metadata.end() ? std::string() : entry->second;
}

}  // namespace sluice::client

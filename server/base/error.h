// Errors as they cross room borders: an absl::Status that carries its stable
// reason, and the details that the caller will see, as payloads.

#ifndef SLUICE_SERVER_BASE_ERROR_H_
#define SLUICE_SERVER_BASE_ERROR_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "sluice/v1/errors.pb.h"

namespace sluice {

// Further facts of an error: keys of `google.rpc.ErrorInfo.metadata`.
using ErrorMetadata =
    std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

// Makes an error with a reason. `message` is a sentence for the caller: it
// names the field or the limit, and holds no secret and no row value.
absl::Status MakeError(absl::StatusCode code, v1::ErrorReason reason,
                       absl::string_view message, ErrorMetadata metadata = {});

// Reason of `status`; ERROR_REASON_UNSPECIFIED where it carries none.
v1::ErrorReason ReasonOf(const absl::Status& status);

// Adds or replaces one entry of the error's metadata. `status` carries a
// reason.
void SetErrorMetadata(absl::Status& status, absl::string_view key,
                      absl::string_view value);

// Value of one entry of the metadata; empty where there is none.
std::string ErrorMetadataOf(const absl::Status& status, absl::string_view key);

// Attaches a detail: a message that becomes one of the details of the
// `google.rpc.Status` that the caller gets.
void AttachDetail(absl::Status& status, absl::string_view full_name,
                  const google::protobuf::MessageLite& detail);

// Type URL of a detail of that message name, as `google.protobuf.Any` has it.
std::string DetailUrl(absl::string_view full_name);

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_ERROR_H_

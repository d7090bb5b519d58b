// What is wrong with a request by itself, before anything is looked up.

#ifndef SLUICE_SERVER_EXECUTION_REQUEST_VALIDATION_H_
#define SLUICE_SERVER_EXECUTION_REQUEST_VALIDATION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

// INVALID_ARGUMENT (INVALID_REQUEST) that names the field.
absl::Status InvalidField(absl::string_view field, absl::string_view message);

// Errors of all: INVALID_ARGUMENT (INVALID_REQUEST, STATEMENT_TOO_LARGE).
absl::Status CheckSql(const std::string& sql, const config::v1::Limits& limits);
absl::Status CheckParameters(
    const google::protobuf::RepeatedPtrField<v1::Value>& parameters);
absl::Status CheckTag(absl::string_view field, absl::string_view tag);
absl::Status CheckTag(const v1::RequestOptions& options);
// All options, the tag too.
absl::Status CheckOptions(const v1::RequestOptions& options);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_REQUEST_VALIDATION_H_

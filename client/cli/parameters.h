// Statement parameters out of command-line text.

#ifndef SLUICE_CLIENT_CLI_PARAMETERS_H_
#define SLUICE_CLIENT_CLI_PARAMETERS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sluice/v1/types.pb.h"

namespace sluice::cli {

// `text` as a literal of the type that PostgreSQL infers.
// Errors: INVALID_ARGUMENT where it is not UTF-8.
absl::StatusOr<v1::Value> MakeTextParameter(absl::string_view text);

// "TYPE:TEXT", such as "int4[]:{1,2}": `text` as a literal of that type.
// Errors: INVALID_ARGUMENT without a type or a colon, or where it is not
// UTF-8.
absl::StatusOr<v1::Value> MakeTypedParameter(absl::string_view type_and_text);

// A NULL of the type that PostgreSQL infers.
v1::Value MakeNullParameter();

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_PARAMETERS_H_

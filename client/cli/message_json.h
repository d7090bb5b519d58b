// Messages of the API as JSON, for programs.

#ifndef SLUICE_CLIENT_CLI_MESSAGE_JSON_H_
#define SLUICE_CLIENT_CLI_MESSAGE_JSON_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace sluice::cli {

// With the names of its proto and fields that have their defaults, in lines.
std::string FormatMessage(const google::protobuf::Message& message);

// A text as a JSON string, quotes included.
std::string FormatJsonText(absl::string_view text);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_MESSAGE_JSON_H_

// Every parameter travels as text: PostgreSQL reads it as it reads a literal.

#include "client/cli/parameters.h"

#include <string>

#include "client/cli/display_text.h"

namespace sluice::cli {

absl::StatusOr<v1::Value> MakeTextParameter(absl::string_view text) {
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError("a parameter is not valid UTF-8");
  }
  v1::Value value;
  value.set_text_value(std::string(text));
  return value;
}

absl::StatusOr<v1::Value> MakeTypedParameter(absl::string_view type_and_text) {
  const size_t colon = type_and_text.find(':');
  if (colon == absl::string_view::npos || colon == 0) {
    return absl::InvalidArgumentError(
        "--typed-param takes TYPE:VALUE, such as int4:7");
  }
  const absl::string_view type = type_and_text.substr(0, colon);
  absl::StatusOr<v1::Value> value =
      MakeTextParameter(type_and_text.substr(colon + 1));
  if (!value.ok()) return value;
  if (!IsUtf8(type)) {
    return absl::InvalidArgumentError("a type name is not valid UTF-8");
  }
  value->set_type(std::string(type));
  return value;
}

v1::Value MakeNullParameter() {
  v1::Value value;
  value.set_null_value(google::protobuf::NULL_VALUE);
  return value;
}

}  // namespace sluice::cli

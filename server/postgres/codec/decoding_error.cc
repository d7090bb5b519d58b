#include "server/postgres/codec/decoding_error.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace sluice::postgres {

absl::Status MalformedValue(absl::string_view what, absl::string_view why) {
  return MakeError(absl::StatusCode::kInternal,
                   v1::ERROR_REASON_PROTOCOL_VIOLATION,
                   absl::StrCat("malformed ", what, ": ", why));
}

absl::Status MalformedBytes(absl::string_view what, absl::string_view bytes) {
  return MakeError(
      absl::StatusCode::kInternal, v1::ERROR_REASON_PROTOCOL_VIOLATION,
      absl::StrCat("malformed ", what, " of ", bytes.size(), " bytes"));
}

absl::Status ValueOutOfRange(absl::string_view message) {
  return MakeError(absl::StatusCode::kOutOfRange,
                   v1::ERROR_REASON_RESULT_OUT_OF_RANGE, message);
}

absl::Status AtColumn(const absl::Status& status, size_t number) {
  absl::Status located =
      MakeError(status.code(), ReasonOf(status),
                absl::StrCat("result column ", number, ": ", status.message()));
  const std::string limit = ErrorMetadataOf(status, "limit");
  if (!limit.empty()) SetErrorMetadata(located, "limit", limit);
  return located;
}

}  // namespace sluice::postgres

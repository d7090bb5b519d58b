#include "server/postgres/codec/expansion.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace sluice::postgres {

absl::Status Expansion::Error() const {
  return MakeError(
      absl::StatusCode::kResourceExhausted, v1::ERROR_REASON_BYTE_LIMIT,
      absl::StrCat("the values of the result are more than ", max_bytes_,
                   " bytes longer than as PostgreSQL sent them"),
      {{"limit", absl::StrCat(max_bytes_)}});
}

}  // namespace sluice::postgres

#include "sluice/client/internal/nested_values.h"

#include "absl/strings/str_cat.h"

namespace sluice::client::internal {

absl::Status CheckCount(size_t count, size_t wanted, absl::string_view what) {
  if (count == wanted) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("has ", count, " ", what, ", and read as ", wanted));
}

}  // namespace sluice::client::internal

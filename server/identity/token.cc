#include "server/identity/token.h"

#include "server/base/error.h"

namespace sluice::identity {

absl::Status TokenInvalidError() {
  return MakeError(absl::StatusCode::kUnauthenticated,
                   v1::ERROR_REASON_TOKEN_INVALID, "the token is not valid",
                   {{"executed", "no"}});
}

}  // namespace sluice::identity

#include "server/operator/command.h"

#include "absl/strings/cord.h"

namespace sluice::operators {
namespace {

constexpr absl::string_view kWrongUse = "sluice.operator/wrong-use";

}  // namespace

absl::Status WrongUse(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kWrongUse, absl::Cord());
  return status;
}

bool IsWrongUse(const absl::Status& status) {
  return status.GetPayload(kWrongUse).has_value();
}

}  // namespace sluice::operators

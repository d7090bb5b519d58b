#include "sluice/client/call_options.h"

#include "sluice/client/internal/duration_proto.h"

namespace sluice::client {

v1::Consistency StrongConsistency() {
  v1::Consistency consistency;
  consistency.set_strong(true);
  return consistency;
}

v1::Consistency AtLeast(absl::string_view consistency_token) {
  v1::Consistency consistency;
  consistency.set_at_least(std::string(consistency_token));
  return consistency;
}

v1::Consistency MaxStaleness(absl::Duration age) {
  v1::Consistency consistency;
  *consistency.mutable_max_staleness() = internal::ToDurationProto(age);
  return consistency;
}

v1::Consistency AnyConsistency() {
  v1::Consistency consistency;
  consistency.set_any(true);
  return consistency;
}

}  // namespace sluice::client

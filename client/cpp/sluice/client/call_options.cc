#include "sluice/client/call_options.h"

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
  google::protobuf::Duration& staleness = *consistency.mutable_max_staleness();
  staleness.set_seconds(absl::IDivDuration(age, absl::Seconds(1), &age));
  staleness.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(age)));
  return consistency;
}

v1::Consistency AnyConsistency() {
  v1::Consistency consistency;
  consistency.set_any(true);
  return consistency;
}

}  // namespace sluice::client

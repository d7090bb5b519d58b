// From Abseil's durations to protobuf's.

#ifndef SLUICE_CLIENT_INTERNAL_DURATION_PROTO_H_
#define SLUICE_CLIENT_INTERNAL_DURATION_PROTO_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace sluice::client::internal {

// One that is infinite becomes the longest that protobuf has.
inline google::protobuf::Duration ToDurationProto(absl::Duration duration) {
  // 10,000 years, as duration.proto bounds it.
  constexpr absl::Duration kLongest = absl::Seconds(315'576'000'000);
  duration = std::clamp(duration, -kLongest, kLongest);
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_DURATION_PROTO_H_

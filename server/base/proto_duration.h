// Durations between protobuf and Abseil.

#ifndef SLUICE_SERVER_BASE_PROTO_DURATION_H_
#define SLUICE_SERVER_BASE_PROTO_DURATION_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace sluice {

inline absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

// Cut to whole nanoseconds.
inline void ToProto(absl::Duration duration, google::protobuf::Duration* out) {
  out->set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
}

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_PROTO_DURATION_H_

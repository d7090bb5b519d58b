// Times from Abseil to protobuf.

#ifndef SLUICE_SERVER_BASE_PROTO_TIME_H_
#define SLUICE_SERVER_BASE_PROTO_TIME_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace sluice {

// Cut to whole nanoseconds. `time` is of the years 1 to 9999.
inline void ToProto(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_PROTO_TIME_H_

// Deadline: a moment on the monotonic clock. Made once per call; only shrinks.

#ifndef SLUICE_SERVER_BASE_DEADLINE_H_
#define SLUICE_SERVER_BASE_DEADLINE_H_

#include <algorithm>
#include <chrono>

#include "absl/time/time.h"

namespace sluice {

using SteadyTime = std::chrono::steady_clock::time_point;

inline SteadyTime SteadyNow() { return std::chrono::steady_clock::now(); }

// Steps of the wall clock do not move it.
class Deadline {
 public:
  explicit Deadline(SteadyTime at) : at_(at) {}

  static Deadline In(absl::Duration wait) {
    return Deadline(SteadyNow() + absl::ToChronoNanoseconds(wait));
  }

  SteadyTime at() const { return at_; }
  absl::Duration Remaining() const {
    return absl::FromChrono(at_ - SteadyNow());
  }
  bool Expired() const { return SteadyNow() >= at_; }

  // The earlier of this one and `wait` from now.
  Deadline AtMost(absl::Duration wait) const {
    return Deadline(std::min(at_, In(wait).at_));
  }

 private:
  SteadyTime at_;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_DEADLINE_H_

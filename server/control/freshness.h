// Freshness: since when the revocations of this instance may be incomplete.

#ifndef SLUICE_SERVER_CONTROL_FRESHNESS_H_
#define SLUICE_SERVER_CONTROL_FRESHNESS_H_

#include <atomic>

#include "absl/time/time.h"
#include "server/base/deadline.h"

namespace sluice::control {

// Threads: any.
class Freshness {
 public:
  Freshness() = default;
  Freshness(const Freshness&) = delete;

  // They are known to be complete up to `time`.
  void Note(SteadyTime time) {
    SteadyTime before = complete_until_.load();
    while (before < time &&
           !complete_until_.compare_exchange_weak(before, time)) {
    }
  }

  // How long ago they were known to be complete; infinite before the first
  // time.
  absl::Duration Age() const {
    const SteadyTime until = complete_until_.load();
    if (until == SteadyTime::min()) return absl::InfiniteDuration();
    return absl::FromChrono(SteadyNow() - until);
  }

 private:
  std::atomic<SteadyTime> complete_until_{SteadyTime::min()};
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_FRESHNESS_H_

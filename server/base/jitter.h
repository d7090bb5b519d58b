// Jitter: waits of random length, so that what began together does not go on
// together.

#ifndef SLUICE_SERVER_BASE_JITTER_H_
#define SLUICE_SERVER_BASE_JITTER_H_

#include <random>

#include "absl/time/time.h"

namespace sluice {

// Threads: one at a time.
class Jitter {
 public:
  // That time by a factor from `least` up to `most`, each as likely.
  absl::Duration Spread(absl::Duration time, double least, double most) {
    return time * std::uniform_real_distribution<double>(least, most)(random_);
  }
  // From half of it to half as long again.
  absl::Duration Around(absl::Duration time) { return Spread(time, 0.5, 1.5); }

 private:
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_JITTER_H_

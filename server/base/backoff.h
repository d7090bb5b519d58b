// Backoff: how long to wait after each of several failures in a row.

#ifndef SLUICE_SERVER_BASE_BACKOFF_H_
#define SLUICE_SERVER_BASE_BACKOFF_H_

#include <algorithm>

#include "absl/time/time.h"
#include "server/base/jitter.h"

namespace sluice {

// Threads: one at a time.
class Backoff {
 public:
  // Around `first`, then twice as long each time, up to around `most`.
  Backoff(absl::Duration first, absl::Duration most)
      : first_(first), most_(most), next_(first) {}

  // To be waited after a failure.
  absl::Duration Next() {
    const absl::Duration wait = jitter_.Around(next_);
    next_ = std::min(2 * next_, most_);
    return wait;
  }
  // After a success.
  void Reset() { next_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration most_;
  absl::Duration next_;
  Jitter jitter_;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_BACKOFF_H_

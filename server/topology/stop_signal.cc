#include "server/topology/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "server/base/deadline.h"

namespace sluice::topology {

StopSignal::StopSignal()
    : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void StopSignal::Request() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(descriptor_.get(), &one, sizeof(one));
}

bool StopSignal::requested() const { return WaitFor(absl::ZeroDuration()); }

bool StopSignal::WaitFor(absl::Duration limit) const {
  const Deadline deadline = Deadline::In(limit);
  for (;;) {
    // Rounded up: a wait that ends early would be one of many.
    const int64_t milliseconds = absl::ToInt64Milliseconds(
        absl::Ceil(deadline.Remaining(), absl::Milliseconds(1)));
    pollfd event{descriptor_.get(), POLLIN, 0};
    const int ready =
        poll(&event, 1,
             static_cast<int>(std::clamp<int64_t>(milliseconds, 0, INT32_MAX)));
    if (ready > 0) return true;
    if (deadline.Expired()) return false;
  }
}

}  // namespace sluice::topology

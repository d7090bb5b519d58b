// Waits for a condition instead of sleeping.

#ifndef SLUICE_TESTS_SUPPORT_AWAIT_H_
#define SLUICE_TESTS_SUPPORT_AWAIT_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice::testing {

// Whether `condition()` became true within `limit`. It is asked at least once.
template <typename Condition>
bool Await(absl::Duration limit, Condition condition) {
  constexpr absl::Duration kInterval = absl::Milliseconds(3);
  const absl::Time deadline = absl::Now() + limit;
  while (!condition()) {
    if (absl::Now() >= deadline) return false;
    absl::SleepFor(kInterval);
  }
  return true;
}

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_AWAIT_H_

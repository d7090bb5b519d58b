// A process and its children, as a server that forks has them.

#ifndef SLUICE_TESTS_SUPPORT_PROCESS_FAMILY_H_
#define SLUICE_TESTS_SUPPORT_PROCESS_FAMILY_H_

#include <sys/types.h>

#include <vector>

#include "absl/time/time.h"

namespace sluice::testing {

// Those that it has now; not theirs.
std::vector<pid_t> ChildrenOf(pid_t parent);

// Stops the process and its children where they are, and lets them go on. No
// child is born between.
void FreezeFamily(pid_t parent);
void WakeFamily(pid_t parent);

// Waits for the end of processes that are no children of the test, and kills
// those that have not ended by then.
void AwaitEnds(const std::vector<pid_t>& processes, absl::Duration limit);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_PROCESS_FAMILY_H_

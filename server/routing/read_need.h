// ReadNeed: how fresh a read must be.

#ifndef SLUICE_SERVER_ROUTING_READ_NEED_H_
#define SLUICE_SERVER_ROUTING_READ_NEED_H_

#include "absl/time/time.h"
#include "server/routing/consistency_token.h"

namespace sluice::routing {

struct ReadNeed {
  enum class Level {
    // All that was acknowledged before: the primary.
    kStrong,
    // At least the state of `token`.
    kAtLeast,
    // At most `max_staleness` old.
    kBounded,
    // Whatever a node has.
    kAny,
  } level = Level::kStrong;
  ConsistencyToken token;
  absl::Duration max_staleness;
};

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_READ_NEED_H_

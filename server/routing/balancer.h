// Balancer: chooses among nodes that would all do.

#ifndef SLUICE_SERVER_ROUTING_BALANCER_H_
#define SLUICE_SERVER_ROUTING_BALANCER_H_

#include <cstddef>
#include <cstdint>
#include <random>

#include "absl/types/span.h"
#include "server/base/deadline.h"
#include "server/routing/node_load.h"

namespace sluice::routing {

// Two choices (Mitzenmacher, "The Power of Two Choices in Randomized Load
// Balancing", 2001): of two nodes drawn at random the one whose latency times
// the work in progress there, with the new piece, is less. Latencies within a
// factor of four count as the same: on a busy machine they are measured no
// better than that, and equal nodes are to get equal shares. So does a little
// more work in progress; one that is slower comes to have much more, and gets
// less for that.
// Threads: belongs to one thread.
class Balancer {
 public:
  explicit Balancer(uint32_t seed) : random_(seed) {}

  // The index of one of `nodes`, which are not none.
  size_t Choose(absl::Span<const NodeLoad* const> nodes, SteadyTime now);

 private:
  // A number below `bound`.
  size_t Draw(size_t bound);

  std::mt19937 random_;
};

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_BALANCER_H_

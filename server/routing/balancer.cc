#include "server/routing/balancer.h"

#include <optional>

namespace sluice::routing {
namespace {

constexpr double kSameWithin = 4;
// Pieces of work more than another node has, that say nothing: nodes that share
// a busy machine take turns in being held up by it.
constexpr int kSameWork = 4;

// Whether `second` is to be preferred, which needs a reason.
bool IsSecondBetter(const NodeLoad& first, const NodeLoad& second,
                    SteadyTime now) {
  const std::optional<double> first_ns = first.LatencyNanos(now);
  const std::optional<double> second_ns = second.LatencyNanos(now);
  // One that is new or was long idle counts as good as the other: it is tried.
  if (first_ns.has_value() && second_ns.has_value() &&
      (*first_ns > kSameWithin * *second_ns ||
       *second_ns > kSameWithin * *first_ns)) {
    return *second_ns * (second.in_flight() + 1) <
           *first_ns * (first.in_flight() + 1);
  }
  return second.in_flight() + kSameWork < first.in_flight();
}

}  // namespace

size_t Balancer::Choose(absl::Span<const NodeLoad* const> nodes,
                        SteadyTime now) {
  if (nodes.size() == 1) return 0;
  // In random order, so that a tie is decided by lot.
  const size_t first = Draw(nodes.size());
  size_t second = Draw(nodes.size() - 1);
  if (second >= first) ++second;
  return IsSecondBetter(*nodes[first], *nodes[second], now) ? second : first;
}

size_t Balancer::Draw(size_t bound) {
  return static_cast<size_t>((uint64_t{random_()} * bound) >> 32);
}

}  // namespace sluice::routing

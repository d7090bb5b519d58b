#include "server/routing/read_fit.h"

namespace sluice::routing {
namespace {

ReadFit FitOfToken(const ConsistencyToken& token,
                   const topology::Topology& topology,
                   const topology::Node& node) {
  // Positions of another cluster can't be compared with.
  if (node.system_identifier != token.system_identifier) return ReadFit::kNever;
  // On a later timeline, what lies before the switch is the same WAL as on the
  // token's. So with the position behind it, a node of the newest timeline
  // shows whatever that has of the token's history: a node has left the token's
  // timeline before the position only where the rest of it is lost to all. Of a
  // timeline between, which the cluster may have abandoned, that can't be said.
  const bool is_comparable =
      node.timeline == token.timeline ||
      (node.timeline > token.timeline && node.timeline == topology.timeline);
  return is_comparable && node.lsn >= token.lsn ? ReadFit::kFresh
                                                : ReadFit::kNotYet;
}

}  // namespace

std::optional<absl::Duration> StalenessOf(const topology::Node& node,
                                          SteadyTime now) {
  if (!node.lag.has_value() || node.lag->fresh_at == SteadyTime()) {
    return std::nullopt;
  }
  return absl::FromChrono(now - node.lag->fresh_at);
}

ReadFit FitOfReplica(const ReadNeed& need, const topology::Topology& topology,
                     const topology::Node& node, SteadyTime now) {
  switch (need.level) {
    case ReadNeed::Level::kAtLeast:
      return FitOfToken(need.token, topology, node);
    case ReadNeed::Level::kBounded: {
      const std::optional<absl::Duration> staleness = StalenessOf(node, now);
      return staleness.has_value() && *staleness <= need.max_staleness
                 ? ReadFit::kFresh
                 : ReadFit::kNotYet;
    }
    case ReadNeed::Level::kAny:
      return ReadFit::kFresh;
    case ReadNeed::Level::kStrong:
      break;
  }
  return ReadFit::kNever;
}

ReadFit FitOfPrimary(const ReadNeed& need, const topology::Node& node) {
  const bool is_outrun =
      need.level == ReadNeed::Level::kAtLeast &&
      need.token.system_identifier == node.system_identifier &&
      need.token.timeline > node.timeline;
  return is_outrun ? ReadFit::kNotYet : ReadFit::kFresh;
}

}  // namespace sluice::routing

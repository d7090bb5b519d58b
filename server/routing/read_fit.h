// ReadFit: whether a node is fresh enough for a read.

#ifndef SLUICE_SERVER_ROUTING_READ_FIT_H_
#define SLUICE_SERVER_ROUTING_READ_FIT_H_

#include <optional>

#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/routing/read_need.h"
#include "server/topology/topology.h"

namespace sluice::routing {

enum class ReadFit {
  kFresh,
  // Not yet, or not that is known.
  kNotYet,
  // Not by waiting.
  kNever,
};

// How old what a replica shows is at most, now. Unset where that is not known.
std::optional<absl::Duration> StalenessOf(const topology::Node& node,
                                          SteadyTime now);

ReadFit FitOfReplica(const ReadNeed& need, const topology::Topology& topology,
                     const topology::Node& node, SteadyTime now);

// The primary fits all, but for a token of a later timeline: then there is a
// newer primary, that is not known here yet.
ReadFit FitOfPrimary(const ReadNeed& need, const topology::Node& node);

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_READ_FIT_H_

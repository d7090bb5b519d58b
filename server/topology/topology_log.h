// The lines of the log that tell how a cluster changes.

#ifndef SLUICE_SERVER_TOPOLOGY_TOPOLOGY_LOG_H_
#define SLUICE_SERVER_TOPOLOGY_TOPOLOGY_LOG_H_

#include "server/topology/topology.h"

namespace sluice::topology {

// A line for each node whose state or role is another one, or that has come or
// gone, and for the primary, taken or lost. Positions and lag are in none.
void LogChanges(const Topology& before, const Topology& after);

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_TOPOLOGY_LOG_H_

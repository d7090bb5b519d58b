// What instances of the gateway see differently of the same clusters.

#ifndef SLUICE_CLIENT_CLI_TOPOLOGY_DIFFERENCES_H_
#define SLUICE_CLIENT_CLI_TOPOLOGY_DIFFERENCES_H_

#include <string>
#include <vector>

#include "sluice/v1/admin.pb.h"

namespace sluice::cli {

// How one instance sees the clusters.
struct InstanceView {
  std::string address;
  v1::GetTopologyResponse topology;
};

// A line for each thing that not all of them tell alike: the primary of a
// cluster, its timeline, whether writes are held, which nodes there are, state
// and role of each. How far nodes are is of the moment, and not compared.
std::string DescribeDifferences(const std::vector<InstanceView>& views);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_TOPOLOGY_DIFFERENCES_H_

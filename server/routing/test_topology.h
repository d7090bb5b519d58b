// Clusters for tests of routing: nodes that are up, on one timeline, and level
// with each other unless a test says otherwise.

#ifndef SLUICE_SERVER_ROUTING_TEST_TOPOLOGY_H_
#define SLUICE_SERVER_ROUTING_TEST_TOPOLOGY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/topology/topology.h"

namespace sluice::routing {

constexpr uint64_t kTestSystem = 7'423'498'712'345'678'901;
constexpr uint64_t kTestLsn = 1000;

inline topology::Node MakeNode(const std::string& name,
                               topology::NodeRole role) {
  topology::Node node;
  node.address = {name, "10.0.0.1", 5432};
  node.state = topology::NodeState::kUp;
  node.role = role;
  node.system_identifier = kTestSystem;
  node.timeline = 1;
  node.lsn = kTestLsn;
  node.answered_at = SteadyNow();
  return node;
}

// What it shows is that old now.
inline void SetStaleness(topology::Node& node, absl::Duration staleness) {
  node.lag = topology::Lag{0, staleness,
                           SteadyNow() - absl::ToChronoNanoseconds(staleness)};
}

inline topology::Node MakePrimary(const std::string& name) {
  return MakeNode(name, topology::NodeRole::kPrimary);
}

inline topology::Node MakeReplica(const std::string& name,
                                  uint64_t lsn = kTestLsn) {
  topology::Node node = MakeNode(name, topology::NodeRole::kReplica);
  node.lsn = lsn;
  SetStaleness(node, absl::ZeroDuration());
  return node;
}

inline topology::Node MakeDown(topology::Node node) {
  node.state = topology::NodeState::kDown;
  return node;
}

// `primary` names the accepted one; empty for none.
inline std::shared_ptr<const topology::Topology> MakeTopology(
    std::vector<topology::Node> nodes, const std::string& primary = "primary",
    uint64_t epoch = 1) {
  auto topology = std::make_shared<topology::Topology>();
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) {
    return a.address.name < b.address.name;
  });
  topology->cluster = "test";
  topology->nodes = std::move(nodes);
  topology->epoch = epoch;
  topology->system_identifier = kTestSystem;
  topology->known_at = SteadyNow();
  for (size_t i = 0; i < topology->nodes.size(); ++i) {
    const topology::Node& node = topology->nodes[i];
    topology->timeline = std::max(topology->timeline, node.timeline);
    if (node.address.name == primary) topology->primary_index = i;
  }
  return topology;
}

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_TEST_TOPOLOGY_H_

#include "server/topology/topology.h"

#include <algorithm>

namespace sluice::topology {

const Node* Topology::Find(absl::string_view name) const {
  const auto node =
      std::lower_bound(nodes.begin(), nodes.end(), name,
                       [](const Node& one, absl::string_view wanted) {
                         return one.address.name < wanted;
                       });
  return node != nodes.end() && node->address.name == name ? &*node : nullptr;
}

}  // namespace sluice::topology

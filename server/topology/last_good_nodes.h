// LastGoodNodes: the nodes of the last answer that could be taken.

#ifndef SLUICE_SERVER_TOPOLOGY_LAST_GOOD_NODES_H_
#define SLUICE_SERVER_TOPOLOGY_LAST_GOOD_NODES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/topology/node_address.h"

namespace sluice::topology {

// An answer is taken whole or not at all: not if it is empty, has more than
// config::kMaxNodes, or one name for two addresses. Changes are logged, and
// what is wrong with an answer once, until that changes.
class LastGoodNodes {
 public:
  // `cluster` names it in the log.
  explicit LastGoodNodes(std::string cluster);

  // Whether the nodes have changed.
  bool Take(absl::StatusOr<std::vector<NodeAddress>> answer);

  // Sorted by name, each once; none before the first good answer.
  const std::vector<NodeAddress>& nodes() const { return nodes_; }
  // Why the last answer was not taken; empty if it was.
  const std::string& fault() const { return fault_; }

 private:
  void Refuse(std::string fault);

  const std::string cluster_;
  std::vector<NodeAddress> nodes_;
  std::string fault_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_LAST_GOOD_NODES_H_

// LastGoodNodes: the nodes of the last answer that could be taken.

#ifndef SLUICE_SERVER_TOPOLOGY_LAST_GOOD_NODES_H_
#define SLUICE_SERVER_TOPOLOGY_LAST_GOOD_NODES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/snapshot.h"
#include "server/topology/node_address.h"

namespace sluice::topology {

// An answer is taken whole or not at all: not if it is empty, has more than
// kMaxNodes, one name for two addresses, or one that is too long. Changes are
// logged, and what is wrong with an answer once, until that changes.
class LastGoodNodes {
 public:
  // `cluster` names it in the log. `max_name_bytes` is what the entries of
  // pgbouncer leave for the name of a node.
  LastGoodNodes(std::string cluster, size_t max_name_bytes);

  // Whether the nodes have changed.
  bool Take(absl::StatusOr<std::vector<NodeAddress>> answer);

  // Sorted by name, each once; none before the first good answer.
  const std::vector<NodeAddress>& nodes() const { return nodes_; }
  // Why the last answer was not taken; empty if it was. Threads: any.
  std::string fault() const { return *fault_.Get(); }

 private:
  void Refuse(std::string fault);

  const std::string cluster_;
  const size_t max_name_bytes_;
  std::vector<NodeAddress> nodes_;
  Snapshot<std::string> fault_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_LAST_GOOD_NODES_H_

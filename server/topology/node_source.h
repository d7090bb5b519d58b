// NodeSource: where the nodes of a cluster are asked for, again and again.

#ifndef SLUICE_SERVER_TOPOLOGY_NODE_SOURCE_H_
#define SLUICE_SERVER_TOPOLOGY_NODE_SOURCE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/topology/node_address.h"
#include "server/topology/stop_signal.h"

namespace sluice::topology {

struct SourceAnswer {
  // All of them, in any order, the same one more than once perhaps; or why
  // there is no answer, in words that stay the same while the reason does.
  absl::StatusOr<std::vector<NodeAddress>> nodes;
  // How long to wait before it is asked again.
  absl::Duration pause;
};

// Threads: one at a time.
class NodeSource {
 public:
  NodeSource() = default;
  virtual ~NodeSource() = default;
  NodeSource(const NodeSource&) = delete;

  // Blocks until there is an answer, within some time that the source knows.
  // When `stop` is requested it ends at once, with anything.
  virtual SourceAnswer Ask(const StopSignal& stop) = 0;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_NODE_SOURCE_H_

// Topology: what is known of a cluster at a moment: its nodes, which of them
// takes writes, and how far behind the others are.

#ifndef SLUICE_SERVER_TOPOLOGY_TOPOLOGY_H_
#define SLUICE_SERVER_TOPOLOGY_TOPOLOGY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/topology/node_address.h"

namespace sluice::topology {

enum class NodeState {
  // It has not been asked yet.
  kUnknown,
  // It answers.
  kUp,
  // It has missed its answers, or refuses connections.
  kDown,
  // The pooler beside the gateway is down, or has no such entry: nothing is
  // known of the node.
  kUnreachable,
  // It answers, and must not be used: it is of another cluster.
  kForeign,
};

enum class NodeRole { kUnknown, kPrimary, kReplica };

// How far a replica is behind.
struct Lag {
  // Of WAL, that the primary has and the replica has not replayed.
  int64_t bytes = 0;
  // How old what it shows is at most: zero for one that has replayed all that
  // the primary had when both were asked last, however idle the primary is.
  // Infinite where that is not known.
  absl::Duration time;
  // It shows all that the primary had at that moment, by this machine's clock:
  // the bound for a read that is sent there now, however long ago the node was
  // asked. The clock's zero where that is not known.
  SteadyTime fresh_at;
};

struct Node {
  NodeAddress address;
  NodeState state = NodeState::kUnknown;
  // What it said of itself last, from here on; kept when it is down.
  NodeRole role = NodeRole::kUnknown;
  uint64_t system_identifier = 0;
  uint32_t timeline = 0;
  // Flushed on a primary, replayed on a replica: a position in the WAL.
  uint64_t lsn = 0;
  // Of a replica, once there was a primary to compare with.
  std::optional<Lag> lag;
  // Of a primary: standbys that stream from it.
  int streaming_standbys = 0;
  // Of a primary: whether others wait for a standby's word
  // (`synchronous_standby_names`).
  bool is_synchronous = false;
  // Connections that it takes (`max_connections` less those reserved), and the
  // instances of the gateway that hold some.
  int max_connections = 0;
  int instances = 0;
  // Of its last answer, and how long that took.
  SteadyTime answered_at;
  absl::Duration round_trip;
  // Why it is not up, or not used, for operators; empty otherwise.
  std::string fault;
};

// Immutable.
struct Topology {
  // The node of that name; null for none.
  const Node* Find(absl::string_view name) const;
  const Node* primary() const {
    return primary_index.has_value() ? &nodes[*primary_index] : nullptr;
  }

  std::string cluster;
  // Sorted by name.
  std::vector<Node> nodes;
  // The node that takes writes: not in recovery, alone on the highest timeline
  // that was ever seen here, with as many standbys as are asked for.
  std::optional<size_t> primary_index;
  // Counts the primaries that were accepted, from 1; 0 before the first. A
  // node that comes back on the same timeline is the same primary. A write goes
  // to the primary of the epoch in which it was routed, or nowhere.
  uint64_t epoch = 0;
  // Highest ever seen here.
  uint32_t timeline = 0;
  // Of the cluster: configured, or of the first primary; 0 before that.
  uint64_t system_identifier = 0;
  // Every node has been asked since, with an answer or without; of what was
  // later nothing is known. Of nodes that have never been asked nothing counts.
  SteadyTime known_at;
  // Why nothing takes writes; empty while there is a primary.
  std::string fault;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_TOPOLOGY_H_

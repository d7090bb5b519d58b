#include "server/topology/topology_log.h"

#include "absl/strings/string_view.h"
#include "server/telemetry/log.h"

namespace sluice::topology {
namespace {

using telemetry::Log;
using telemetry::LogLevel;

absl::string_view NameOf(NodeState state) {
  switch (state) {
    case NodeState::kUnknown:
      return "unknown";
    case NodeState::kUp:
      return "up";
    case NodeState::kDown:
      return "down";
    case NodeState::kUnreachable:
      return "unreachable";
    case NodeState::kForeign:
      return "foreign";
  }
  return "";
}

absl::string_view NameOf(NodeRole role) {
  switch (role) {
    case NodeRole::kUnknown:
      return "unknown";
    case NodeRole::kPrimary:
      return "primary";
    case NodeRole::kReplica:
      return "replica";
  }
  return "";
}

void LogNode(const Topology& topology, const Node& node) {
  const bool good =
      node.state == NodeState::kUp || node.state == NodeState::kUnknown;
  Log(good ? LogLevel::kInfo : LogLevel::kWarning, "node_changed",
      {{"cluster", topology.cluster},
       {"node", node.address.name},
       {"host", node.address.host},
       {"port", node.address.port},
       {"state", NameOf(node.state)},
       {"role", NameOf(node.role)},
       {"timeline", node.timeline},
       {"fault", node.fault}});
}

void LogNodes(const Topology& before, const Topology& after) {
  for (const Node& node : after.nodes) {
    const Node* old = before.Find(node.address.name);
    if (old == nullptr || old->state != node.state || old->role != node.role) {
      LogNode(after, node);
    }
  }
  for (const Node& node : before.nodes) {
    if (after.Find(node.address.name) != nullptr) continue;
    Log(LogLevel::kInfo, "node_removed",
        {{"cluster", after.cluster}, {"node", node.address.name}});
  }
}

void LogPrimary(const Topology& before, const Topology& after) {
  const Node* primary = after.primary();
  if (primary == nullptr) {
    if (before.primary() == nullptr && before.fault == after.fault) return;
    Log(LogLevel::kWarning, "no_primary",
        {{"cluster", after.cluster}, {"fault", after.fault}});
  } else if (before.primary() == nullptr || before.epoch != after.epoch) {
    Log(LogLevel::kInfo, "primary_taken",
        {{"cluster", after.cluster},
         {"node", primary->address.name},
         {"timeline", primary->timeline},
         {"epoch", after.epoch}});
  }
}

}  // namespace

void LogChanges(const Topology& before, const Topology& after) {
  LogNodes(before, after);
  LogPrimary(before, after);
}

}  // namespace sluice::topology

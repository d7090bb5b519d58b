#include "server/pgbouncer_sync/node_set.h"

#include <cstddef>
#include <utility>

#include "absl/algorithm/container.h"
#include "server/base/node_name.h"

namespace sluice::pgbouncer_sync {
namespace {

using pgbouncer::ProposedNode;

bool HasName(const std::vector<ProposedNode>& nodes, const std::string& name) {
  return absl::c_any_of(
      nodes, [&name](const ProposedNode& node) { return node.name == name; });
}

}  // namespace

NodeSet NodeSet::With(std::vector<ProposedNode> proposed,
                      SteadyTime now) const {
  NodeSet next;
  next.proposed_ = std::move(proposed);
  for (const Departing& departing : departing_) {
    if (!HasName(next.proposed_, departing.node.name)) {
      next.departing_.push_back(departing);
    }
  }
  for (const ProposedNode& node : proposed_) {
    if (!HasName(next.proposed_, node.name)) {
      next.departing_.push_back({node, now});
    }
  }
  const size_t room = kMaxNodes - next.proposed_.size();
  if (next.departing_.size() > room) {
    next.departing_.erase(
        next.departing_.begin(),
        next.departing_.end() - static_cast<std::ptrdiff_t>(room));
  }
  return next;
}

NodeSet NodeSet::WithoutDeparted(
    const std::function<bool(const ProposedNode&)>& in_use,
    absl::Duration limit, SteadyTime now) const {
  NodeSet next;
  next.proposed_ = proposed_;
  for (const Departing& departing : departing_) {
    if (absl::FromChrono(now - departing.since) < limit &&
        in_use(departing.node)) {
      next.departing_.push_back(departing);
    }
  }
  return next;
}

std::vector<ProposedNode> NodeSet::All() const {
  std::vector<ProposedNode> all = proposed_;
  for (const Departing& departing : departing_) all.push_back(departing.node);
  return all;
}

}  // namespace sluice::pgbouncer_sync

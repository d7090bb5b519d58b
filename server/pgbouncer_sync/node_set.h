// NodeSet: the nodes of a cluster that have entries: those that are proposed,
// and those that are no more, while sessions still use them.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_NODE_SET_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_NODE_SET_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/pgbouncer/proposal.h"

namespace sluice::pgbouncer_sync {

// pgbouncer ends all sessions of an entry that goes, whatever they are at
// (`server_fast_close` is for entries that change), so it goes last.
class NodeSet {
 public:
  // What it is with these nodes proposed. A name that is proposed again, be it
  // with another host, departs no more. It has at most
  // kMaxNodes: those that left first give way.
  NodeSet With(std::vector<pgbouncer::ProposedNode> proposed,
               SteadyTime now) const;

  // What it is without the departing nodes that are not in use, or have been
  // departing for `limit`.
  NodeSet WithoutDeparted(
      const std::function<bool(const pgbouncer::ProposedNode&)>& in_use,
      absl::Duration limit, SteadyTime now) const;

  const std::vector<pgbouncer::ProposedNode>& proposed() const {
    return proposed_;
  }
  bool has_departing() const { return !departing_.empty(); }
  // First those that are proposed.
  std::vector<pgbouncer::ProposedNode> All() const;

 private:
  struct Departing {
    pgbouncer::ProposedNode node;
    SteadyTime since;
  };

  std::vector<pgbouncer::ProposedNode> proposed_;
  // Who left first is the first.
  std::vector<Departing> departing_;
};

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_NODE_SET_H_

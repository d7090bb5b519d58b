// Route: a node that was chosen for one piece of work.

#ifndef SLUICE_SERVER_ROUTING_ROUTE_H_
#define SLUICE_SERVER_ROUTING_ROUTE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "server/routing/node_load.h"
#include "server/topology/topology.h"

namespace sluice::routing {

// Counts as work in progress on the node until it is destroyed or moved from.
// Lifetime: of its own; the router may forget the node, or end, before.
// Threads: belongs to the router's event loop.
class Route {
 public:
  // Leads nowhere; may only be assigned to and destroyed.
  Route() = default;
  // `role`: what the node was chosen as. `lag`: how far it is behind; unset on
  // the primary.
  Route(std::shared_ptr<NodeLoad> load, WorkKind kind, topology::NodeRole role,
        uint64_t epoch, std::optional<absl::Duration> lag);
  Route(Route&& other) noexcept;
  Route& operator=(Route&& other) noexcept;
  ~Route();

  const std::string& node() const { return load_->address().name; }
  bool is_on_primary() const { return role_ == topology::NodeRole::kPrimary; }
  // The epoch that it was routed in.
  uint64_t epoch() const { return epoch_; }
  // Whether it came only after a wait, as then many do at once.
  bool has_waited() const { return has_waited_; }
  void NoteWait() { has_waited_ = true; }
  // How far the node was behind when it was chosen, or when that was looked at
  // again (Router::StillFits), at most; unset on the primary, and where there
  // was none to compare with.
  const std::optional<absl::Duration>& lag() const { return lag_; }

  // Tells how the work goes, which later choices follow: how long the node took
  // to its first answer, an error of the statement's own among them; or that
  // the connection was lost, or could not be had.
  void NoteLatency(absl::Duration latency);
  void NoteFailure();

 private:
  friend class Router;

  void End();

  // Null when it leads nowhere.
  std::shared_ptr<NodeLoad> load_;
  WorkKind kind_ = WorkKind::kRead;
  topology::NodeRole role_ = topology::NodeRole::kUnknown;
  uint64_t epoch_ = 0;
  bool has_waited_ = false;
  std::optional<absl::Duration> lag_;
};

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_ROUTE_H_

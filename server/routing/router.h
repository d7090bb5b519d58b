// Router: chooses the node of a cluster for each read and each write of one
// worker.

#ifndef SLUICE_SERVER_ROUTING_ROUTER_H_
#define SLUICE_SERVER_ROUTING_ROUTER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/routing/read_need.h"
#include "server/topology/topology.h"

namespace sluice::routing {

struct RouterSettings {
  absl::Duration max_write_wait = absl::Seconds(10);
  absl::Duration max_replica_wait = absl::Milliseconds(100);
  // Of this worker.
  size_t max_spilled_reads = 10;
};

class Router;

// A node that was chosen, for one piece of work; counts as work in progress
// there until it is destroyed.
// Lifetime: the router outlives it.
class Route {
 public:
  Route() = default;
  Route(Route&& other) noexcept;
  Route& operator=(Route&& other) noexcept;
  ~Route();

  const std::string& node() const;
  // The epoch that a write was routed in.
  uint64_t epoch() const { return epoch_; }
  // How far the node was behind when it was chosen; unset on the primary.
  const std::optional<absl::Duration>& lag() const { return lag_; }

  // Tells how the work went, which later choices follow: how long the node
  // took, or that it failed without an answer.
  void NoteLatency(absl::Duration latency);
  void NoteFailure();
};

// Threads: belongs to one event loop; the constructor may run on any.
class Router {
 public:
  Router(EventLoop& loop, const RouterSettings& settings);
  ~Router();
  Router(const Router&) = delete;

  // Takes notice of a newer state of the cluster.
  void Update(std::shared_ptr<const topology::Topology> topology);

  // A node that satisfies `need` and is none of `tried`: a replica by power of
  // two choices; where none is fresh enough, or up, one that becomes so within
  // `max_replica_wait`; else the primary, within the cap.
  // Errors, all "nothing executed": UNAVAILABLE (BACKEND_UNAVAILABLE) when
  // there is none, RESOURCE_EXHAUSTED (QUEUE_FULL) at the cap, those of
  // `cancellation`.
  Task<absl::StatusOr<Route>> RouteRead(const ReadNeed& need,
                                        const std::vector<std::string>& tried,
                                        Cancellation& cancellation);

  // The primary: at once, or once there is one again and writes are not held,
  // for at most `max_write_wait`.
  // Errors: as RouteRead.
  Task<absl::StatusOr<Route>> RouteWrite(Cancellation& cancellation);

  // Whether a write that was routed in `epoch` may still be sent.
  bool IsCurrent(uint64_t epoch) const;

  // Makes new writes wait, and lets them go again.
  void HoldWrites();
  void ReleaseWrites();
};

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_ROUTER_H_

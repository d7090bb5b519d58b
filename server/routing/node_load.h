// NodeLoad: what one worker learns of a node by using it: its work in progress,
// how fast it answers, and whether it has failed too often of late.

#ifndef SLUICE_SERVER_ROUTING_NODE_LOAD_H_
#define SLUICE_SERVER_ROUTING_NODE_LOAD_H_

#include <array>
#include <cstddef>
#include <optional>

#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/topology/node_address.h"

namespace sluice::routing {

// What a node was chosen for.
enum class WorkKind {
  kRead,
  // A read on the primary, because no replica could take it.
  kSpilledRead,
  kWrite,
  // A read that tries a replica after its ejection.
  kTrialRead,
};

// Threads: belongs to one event loop. `now` never goes back.
class NodeLoad {
 public:
  explicit NodeLoad(topology::NodeAddress address);
  NodeLoad(const NodeLoad&) = delete;

  const topology::NodeAddress& address() const { return address_; }

  void Begin(WorkKind kind);
  void End(WorkKind kind);
  int in_flight() const { return in_flight_; }
  int in_flight(WorkKind kind) const {
    return by_kind_[static_cast<size_t>(kind)];
  }

  // The moving average of its latencies, which follows peaks: rises by up to a
  // quarter with each answer, so that a node which became slow is left within
  // some answers, and not for a hiccup; falls more slowly while it is used, and
  // with time (to a third in 10 s) while it is not, so that it is tried again.
  // Unset before the first five answers, and when the node was not used for so
  // long that nothing is known.
  std::optional<double> LatencyNanos(SteadyTime now) const;
  void NoteLatency(absl::Duration latency, SteadyTime now);

  // Three failures in a row eject it, for 1 s the first time and twice as long
  // each next time, at most 30 s. Then one read at a time tries it, until one
  // succeeds.
  void NoteFailure(SteadyTime now);
  bool IsEjected(SteadyTime now) const { return now < ejected_until_; }
  // Whether another read may be sent to it.
  bool TakesRead(SteadyTime now) const {
    return !IsEjected(now) &&
           (!on_trial_ || in_flight(WorkKind::kTrialRead) == 0);
  }
  // What a read that is sent to it counts as.
  WorkKind KindOfRead(SteadyTime now) const {
    return on_trial_ && !IsEjected(now) ? WorkKind::kTrialRead
                                        : WorkKind::kRead;
  }

  // Forgets all but the work in progress: the node is back.
  void Renew();

 private:
  const topology::NodeAddress address_;
  int in_flight_ = 0;
  std::array<int, 4> by_kind_{};
  // The least of the first answers, then the average.
  double latency_ns_ = 0;
  // Counted as far as the first ones go.
  int answers_ = 0;
  SteadyTime measured_at_;
  int failures_ = 0;
  // Since the last one, it has not been without a failure for as long as that
  // took.
  int ejections_ = 0;
  bool on_trial_ = false;
  SteadyTime ejected_until_ = SteadyTime::min();
};

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_NODE_LOAD_H_

// ClusterWatch: follows a cluster: discovery proposes nodes, probes decide what
// they are, and each change is published as a new Topology.

#ifndef SLUICE_SERVER_TOPOLOGY_CLUSTER_WATCH_H_
#define SLUICE_SERVER_TOPOLOGY_CLUSTER_WATCH_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/postgres/connection_settings.h"
#include "server/topology/topology.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::topology {

// What a caller of a node has met, that is worth asking the node about at once.
enum class Suspicion {
  // The connection was lost, or none was to be had.
  kConnectionLost,
  // It refused a write as a standby does (25006).
  kReadOnly,
  // Nothing is wrong: somebody waits for its position or its role.
  kAwaited,
};

// Threads: belongs to one event loop, but for what says otherwise.
class ClusterWatch {
 public:
  // Called on the loop with each Topology that is published: once for each
  // answer of a node, so positions alone may differ.
  using Listener = std::function<void(std::shared_ptr<const Topology>)>;

  // `settings` are as config::LoadConfig gives them. `max_name_bytes`: of a
  // node's name (config::MaxNodeNameBytes). `backend`: how pgbouncer's entries
  // are connected to.
  ClusterWatch(EventLoop& loop, const config::v1::Cluster& settings,
               size_t max_name_bytes,
               const postgres::ConnectionSettings& backend, Listener listener);
  // Stopped by then.
  ~ClusterWatch();
  ClusterWatch(const ClusterWatch&) = delete;

  void Start();
  Task<void> Stop();

  // The newest one; never null. Threads: any.
  std::shared_ptr<const Topology> Get() const;

  // Why the last answer of discovery was not taken, and the nodes are those of
  // an earlier one, or none; empty while answers are good. Threads: any.
  std::string discovery_fault() const;

  // Has a node probed at once, unless it is being probed, or was less than
  // 10 ms ago; 100 ms, if it did not answer. Threads: any.
  void Suspect(absl::string_view node, Suspicion suspicion);

  // Waits for the first primary, for at most so long. Not from the loop's
  // thread.
  void AwaitPrimary(absl::Duration limit) const;

 private:
  class State;
  EventLoop& loop_;
  const std::shared_ptr<State> state_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_CLUSTER_WATCH_H_

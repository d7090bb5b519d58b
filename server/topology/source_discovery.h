// SourceDiscovery: follows a source of nodes on a thread of its own.

#ifndef SLUICE_SERVER_TOPOLOGY_SOURCE_DISCOVERY_H_
#define SLUICE_SERVER_TOPOLOGY_SOURCE_DISCOVERY_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/event_loop.h"
#include "server/base/latch.h"
#include "server/base/task.h"
#include "server/topology/discovery.h"
#include "server/topology/last_good_nodes.h"
#include "server/topology/node_source.h"
#include "server/topology/stop_signal.h"

namespace sluice::topology {

// Lifetime: once started, it is destroyed after Stop, or after the loop has
// stopped.
class SourceDiscovery final : public Discovery {
 public:
  SourceDiscovery(EventLoop& loop, std::string cluster,
                  std::unique_ptr<NodeSource> source, size_t max_name_bytes);
  ~SourceDiscovery() override;

  void Start(Listener listener) override;
  Task<void> Stop() override;
  std::string fault() const override { return nodes_.fault(); }

 private:
  // The thread: asks until it is to stop.
  void Run();
  void Take(absl::StatusOr<std::vector<NodeAddress>> answer);

  EventLoop& loop_;
  // The thread's, once it runs.
  const std::unique_ptr<NodeSource> source_;
  StopSignal stop_;
  // The loop's.
  LastGoodNodes nodes_;
  Listener listener_;
  Latch ended_;
  std::thread thread_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_SOURCE_DISCOVERY_H_

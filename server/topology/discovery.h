// Discovery: proposes the nodes of a cluster. What each of them is, primary or
// replica, or of another cluster, is for the node itself to say.

#ifndef SLUICE_SERVER_TOPOLOGY_DISCOVERY_H_
#define SLUICE_SERVER_TOPOLOGY_DISCOVERY_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/topology/node_address.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::topology {

// Keeps the last good set: an answer that is empty, broken or missing is logged
// and changes nothing.
// Threads: belongs to one event loop, but for what says otherwise.
class Discovery {
 public:
  // Gets all nodes whenever they have changed, sorted by name; never none. On
  // the loop, from Start on.
  using Listener = std::function<void(std::vector<NodeAddress>)>;

  virtual ~Discovery() = default;
  Discovery(const Discovery&) = delete;

  virtual void Start(Listener listener) = 0;
  // Ends when nothing of it runs any more; the listener is not called from the
  // call on. Whoever has called Start calls this before the end, unless the
  // loop has stopped.
  virtual Task<void> Stop() = 0;

  // Why the last answer was not taken; empty while answers are good. For
  // operators. Threads: any.
  virtual std::string fault() const = 0;

 protected:
  Discovery() = default;
};

// `cluster` names it in the log. The settings are as config::LoadConfig gives
// them. `max_name_bytes`: of a node's name (config::MaxNodeNameBytes).
std::unique_ptr<Discovery> MakeDiscovery(EventLoop& loop,
                                         const std::string& cluster,
                                         const config::v1::Discovery& settings,
                                         size_t max_name_bytes);

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_DISCOVERY_H_

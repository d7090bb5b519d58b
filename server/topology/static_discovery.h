// StaticDiscovery: the nodes that the configuration lists.

#ifndef SLUICE_SERVER_TOPOLOGY_STATIC_DISCOVERY_H_
#define SLUICE_SERVER_TOPOLOGY_STATIC_DISCOVERY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/task.h"
#include "server/topology/discovery.h"
#include "server/topology/last_good_nodes.h"
#include "server/topology/node_address.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::topology {

// Tells the listener once, from Start.
class StaticDiscovery final : public Discovery {
 public:
  StaticDiscovery(std::string cluster,
                  const config::v1::StaticDiscovery& settings,
                  size_t max_name_bytes);

  void Start(Listener listener) override;
  Task<void> Stop() override { co_return; }
  std::string fault() const override { return nodes_.fault(); }

 private:
  const absl::StatusOr<std::vector<NodeAddress>> listed_;
  LastGoodNodes nodes_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_STATIC_DISCOVERY_H_

#include "server/topology/static_discovery.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/host_port.h"

namespace sluice::topology {
namespace {

absl::StatusOr<std::vector<NodeAddress>> ReadNodes(
    const config::v1::StaticDiscovery& settings) {
  std::vector<NodeAddress> nodes;
  for (const config::v1::StaticNode& node : settings.nodes()) {
    std::optional<std::string> host = CanonicalHost(node.host());
    if (!host.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", node.host(), "\" is no host"));
    }
    const auto port = static_cast<uint16_t>(node.port());
    std::string name =
        node.name().empty() ? MakeNodeName(*host, port) : node.name();
    nodes.push_back({std::move(name), *std::move(host), port});
  }
  return nodes;
}

}  // namespace

StaticDiscovery::StaticDiscovery(std::string cluster,
                                 const config::v1::StaticDiscovery& settings,
                                 size_t max_name_bytes)
    : listed_(ReadNodes(settings)),
      nodes_(std::move(cluster), max_name_bytes) {}

void StaticDiscovery::Start(Listener listener) {
  if (nodes_.Take(listed_)) listener(nodes_.nodes());
}

}  // namespace sluice::topology

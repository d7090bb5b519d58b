#include "server/topology/discovery.h"

#include <utility>

#include "server/topology/consul_source.h"
#include "server/topology/dns_source.h"
#include "server/topology/file_source.h"
#include "server/topology/source_discovery.h"
#include "server/topology/static_discovery.h"

namespace sluice::topology {

std::unique_ptr<Discovery> MakeDiscovery(EventLoop& loop,
                                         const std::string& cluster,
                                         const config::v1::Discovery& settings,
                                         size_t max_name_bytes) {
  if (settings.has_static_()) {
    return std::make_unique<StaticDiscovery>(cluster, settings.static_(),
                                             max_name_bytes);
  }
  std::unique_ptr<NodeSource> source;
  if (settings.has_file()) {
    source = std::make_unique<FileSource>(settings.file().path());
  } else if (settings.has_dns()) {
    source = std::make_unique<DnsSource>(settings.dns());
  } else {
    source = std::make_unique<ConsulSource>(settings.consul());
  }
  return std::make_unique<SourceDiscovery>(loop, cluster, std::move(source),
                                           max_name_bytes);
}

}  // namespace sluice::topology

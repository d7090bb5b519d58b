// DnsSource: SRV records (RFC 2782) of some names.

#ifndef SLUICE_SERVER_TOPOLOGY_DNS_SOURCE_H_
#define SLUICE_SERVER_TOPOLOGY_DNS_SOURCE_H_

#include <string>

#include "absl/time/time.h"
#include "server/topology/node_source.h"
#include "server/topology/stop_signal.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::topology {

// Asks for all names at once, over UDP with EDNS, over TCP where an answer is
// truncated. A name that does not exist, or has no such record, adds no node;
// when another fault meets any name, there is no answer. Targets are not
// resolved, priorities and weights not looked at, and TTLs neither: it is the
// server's cache that keeps to those.
class DnsSource final : public NodeSource {
 public:
  explicit DnsSource(const config::v1::DnsDiscovery& settings);

  // Within 5 s. The system's servers are read anew each time.
  SourceAnswer Ask(const StopSignal& stop) override;

 private:
  const config::v1::DnsDiscovery settings_;
  const absl::Duration interval_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_DNS_SOURCE_H_

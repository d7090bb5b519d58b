// ConsulSource: the healthy instances of a service in Consul, followed by
// blocking queries
// (https://developer.hashicorp.com/consul/api-docs/features/blocking).

#ifndef SLUICE_SERVER_TOPOLOGY_CONSUL_SOURCE_H_
#define SLUICE_SERVER_TOPOLOGY_CONSUL_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/backoff.h"
#include "server/topology/http_client.h"
#include "server/topology/node_source.h"
#include "server/topology/stop_signal.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::topology {

// A query blocks until something changes behind the index of the last answer.
// An index that goes backwards, or is none, begins anew. What a Consul says
// that has no leader, or has not heard of it for 10 s, is no answer. After a
// fault the next query does not block, and comes after a pause that doubles
// from 1 s up to 10 s, less up to half of it by chance.
class ConsulSource final : public NodeSource {
 public:
  explicit ConsulSource(const config::v1::ConsulDiscovery& settings);

  SourceAnswer Ask(const StopSignal& stop) override;

 private:
  absl::StatusOr<HttpResponse> Query(const StopSignal& stop);
  absl::StatusOr<std::vector<NodeAddress>> Read(const HttpResponse& response);
  // Notes the index of a good answer that took so long; how long to wait until
  // the next query.
  absl::Duration Advance(const HttpResponse& response, absl::Duration took);

  const config::v1::ConsulDiscovery settings_;
  const std::vector<std::string> tags_;
  const absl::Duration wait_;
  HttpClient client_;
  // Of the last good answer; 0 for a query that does not block.
  uint64_t index_ = 0;
  Backoff backoff_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_CONSUL_SOURCE_H_

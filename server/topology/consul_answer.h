// ParseConsulAnswer: the nodes in an answer of Consul's /v1/health/service.

#ifndef SLUICE_SERVER_TOPOLOGY_CONSUL_ANSWER_H_
#define SLUICE_SERVER_TOPOLOGY_CONSUL_ANSWER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/topology/node_address.h"

namespace sluice::topology {

// Each instance of the service with one of `tags`, or each where there are
// none: at Service.Address, or where that is empty at Node.Address, and
// Service.Port.
// Errors: INVALID_ARGUMENT if it is anything else than such an answer, or an
// instance has no valid address.
absl::StatusOr<std::vector<NodeAddress>> ParseConsulAnswer(
    const std::string& body, const std::vector<std::string>& tags);

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_CONSUL_ANSWER_H_

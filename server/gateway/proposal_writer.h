// ProposalWriter: tells sluice-pgbouncer-sync the nodes of a cluster.

#ifndef SLUICE_SERVER_GATEWAY_PROPOSAL_WRITER_H_
#define SLUICE_SERVER_GATEWAY_PROPOSAL_WRITER_H_

#include <string>
#include <vector>

#include "server/base/deadline.h"
#include "server/pgbouncer/proposal.h"
#include "server/topology/topology.h"

namespace sluice::gateway {

// Threads: one at a time.
class ProposalWriter {
 public:
  explicit ProposalWriter(std::string path) : path_(std::move(path)) {}

  // Writes the proposal if the nodes are not those of the last one, or its file
  // is gone, which is looked at once a second at most. What fails is logged,
  // and tried again with a later state, a second after at the earliest.
  void Take(const topology::Topology& topology);

 private:
  bool FileIsGone();

  const std::string path_;
  std::vector<pgbouncer::ProposedNode> written_;
  SteadyTime next_try_at_ = SteadyTime::min();
  SteadyTime next_look_at_ = SteadyTime::min();
  // The last failure, as it was logged.
  std::string failure_;
};

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_PROPOSAL_WRITER_H_

#include "server/gateway/proposal_writer.h"

#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/telemetry/log.h"

namespace sluice::gateway {
namespace {

constexpr absl::Duration kRetryInterval = absl::Seconds(1);
constexpr absl::Duration kLookInterval = absl::Seconds(1);

}  // namespace

void ProposalWriter::Take(const topology::Topology& topology) {
  std::vector<pgbouncer::ProposedNode> nodes;
  for (const topology::Node& node : topology.nodes) {
    nodes.push_back({node.address.name, node.address.host, node.address.port});
  }
  if (nodes.empty() || SteadyNow() < next_try_at_) return;
  if (nodes == written_ && !FileIsGone()) return;
  const absl::Status status =
      pgbouncer::WriteProposal(path_, topology.cluster, nodes);
  if (status.ok()) {
    written_ = std::move(nodes);
    failure_.clear();
    telemetry::Log(telemetry::LogLevel::kInfo, "nodes_proposed",
                   {{"cluster", topology.cluster}, {"file", path_}});
    return;
  }
  next_try_at_ = Deadline::In(kRetryInterval).at();
  if (failure_ == status.message()) return;
  failure_ = std::string(status.message());
  telemetry::Log(telemetry::LogLevel::kError, "proposal_failed",
                 {{"cluster", topology.cluster}, {"error", failure_}});
}

bool ProposalWriter::FileIsGone() {
  if (SteadyNow() < next_look_at_) return false;
  next_look_at_ = Deadline::In(kLookInterval).at();
  return access(path_.c_str(), F_OK) != 0 && errno == ENOENT;
}

}  // namespace sluice::gateway

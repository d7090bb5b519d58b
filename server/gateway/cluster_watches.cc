#include "server/gateway/cluster_watches.h"

#include <future>
#include <utility>

#include "server/base/deadline.h"
#include "server/config/cluster_validation.h"
#include "server/gateway/proposal_writer.h"

namespace sluice::gateway {
namespace {

Task<void> EndAndTell(Task<void> task, std::promise<void>& ended) {
  co_await std::move(task);
  ended.set_value();
}

using Listener = topology::ClusterWatch::Listener;

Listener WithProposals(const std::string& file, const Listener& listener) {
  auto writer = std::make_shared<ProposalWriter>(file);
  return [writer = std::move(writer),
          listener](std::shared_ptr<const topology::Topology> topology) {
    writer->Take(*topology);
    listener(std::move(topology));
  };
}

}  // namespace

ClusterWatches::ClusterWatches(
    const config::v1::Config& config,
    const postgres::ConnectionSettings& backend,
    const topology::ClusterWatch::Listener& listener) {
  if (config.clusters().empty()) return;
  loop_.emplace("sluice-topology");
  for (const config::v1::Cluster& cluster : config.clusters()) {
    const std::string& file = cluster.proposal_file();
    watches_.emplace(
        cluster.name(),
        std::make_unique<topology::ClusterWatch>(
            *loop_, cluster, config::MaxNodeNameBytes(config, cluster), backend,
            file.empty() ? listener : WithProposals(file, listener)));
  }
}

void ClusterWatches::Start(absl::Duration limit) {
  if (!loop_.has_value()) return;
  running_ = true;
  loop_->Post([this] {
    for (const auto& [name, watch] : watches_) watch->Start();
  });
  const Deadline deadline = Deadline::In(limit);
  for (const auto& [name, watch] : watches_) {
    watch->AwaitPrimary(deadline.Remaining());
  }
}

void ClusterWatches::Stop() {
  if (!running_) return;
  running_ = false;
  std::promise<void> ended;
  loop_->Post([&] { Spawn(EndAndTell(StopAll(), ended)); });
  ended.get_future().wait();
}

Task<void> ClusterWatches::StopAll() {
  for (const auto& [name, watch] : watches_) {
    Task<void> stopping = watch->Stop();
    co_await std::move(stopping);
  }
}

}  // namespace sluice::gateway

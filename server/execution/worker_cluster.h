// WorkerCluster: a cluster as one worker uses it.

#ifndef SLUICE_SERVER_EXECUTION_WORKER_CLUSTER_H_
#define SLUICE_SERVER_EXECUTION_WORKER_CLUSTER_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/execution/served_database.h"
#include "server/routing/router.h"
#include "server/topology/topology.h"

namespace sluice::execution {

// Threads: belongs to one event loop; the constructor may run on any.
class WorkerCluster {
 public:
  WorkerCluster(EventLoop& loop, const ServedCluster& served)
      : served_(served),
        router_(loop, served.routing, [this](const std::string& node) {
          served_.watch->Suspect(node, topology::Suspicion::kAwaited);
        }) {}
  WorkerCluster(const WorkerCluster&) = delete;

  const std::string& name() const { return served_.name; }
  absl::Duration max_write_wait() const {
    return served_.routing.max_write_wait;
  }
  routing::Router& router() { return router_; }

  void Update(std::shared_ptr<const topology::Topology> topology) {
    topology_ = std::move(topology);
    router_.Update(topology_);
  }
  // Null before the first.
  const std::shared_ptr<const topology::Topology>& topology() const {
    return topology_;
  }
  // Whether reads may run elsewhere than on the primary.
  bool has_replicas() const {
    return topology_ != nullptr && topology_->nodes.size() > 1;
  }

  // Has a node asked what became of it.
  void Suspect(absl::string_view node, topology::Suspicion suspicion) {
    served_.watch->Suspect(node, suspicion);
  }

 private:
  const ServedCluster served_;
  routing::Router router_;
  std::shared_ptr<const topology::Topology> topology_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_WORKER_CLUSTER_H_

// ClusterWatches: follows all clusters of the configuration, on a thread of
// their own.

#ifndef SLUICE_SERVER_GATEWAY_CLUSTER_WATCHES_H_
#define SLUICE_SERVER_GATEWAY_CLUSTER_WATCHES_H_

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/postgres/connection_settings.h"
#include "server/topology/cluster_watch.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::gateway {

// Threads: one at a time, but for the watches' own promises.
class ClusterWatches {
 public:
  // Without clusters there is no thread. `listener` is called on it.
  ClusterWatches(const config::v1::Config& config,
                 const postgres::ConnectionSettings& backend,
                 const topology::ClusterWatch::Listener& listener);
  // Stopped by then.
  ~ClusterWatches() = default;
  ClusterWatches(const ClusterWatches&) = delete;

  // Begins, and waits for the primary of each cluster, for at most `limit`
  // altogether.
  void Start(absl::Duration limit);
  // Nothing calls the listener any more; the watches stay. Idempotent.
  void Stop();

  // By name.
  const std::map<std::string, std::unique_ptr<topology::ClusterWatch>>& all()
      const {
    return watches_;
  }

 private:
  Task<void> StopAll();

  std::optional<EventLoop> loop_;
  std::map<std::string, std::unique_ptr<topology::ClusterWatch>> watches_;
  bool running_ = false;
};

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_CLUSTER_WATCHES_H_

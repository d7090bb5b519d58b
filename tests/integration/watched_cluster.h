// WatchedCluster: what a gateway has of a cluster, on a PostgresCluster.

#ifndef SLUICE_TESTS_INTEGRATION_WATCHED_CLUSTER_H_
#define SLUICE_TESTS_INTEGRATION_WATCHED_CLUSTER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/base/mutex.h"
#include "server/topology/cluster_watch.h"
#include "server/topology/topology.h"
#include "sluice/config/v1/config.pb.h"
#include "tests/support/postgres_cluster.h"

namespace sluice::topology {

// Threads: one.
class WatchedCluster {
 public:
  // With the defaults of the configuration, and all nodes listed.
  static config::v1::Cluster SettingsOf(testing::PostgresCluster& cluster);

  explicit WatchedCluster(testing::PostgresCluster& cluster)
      : WatchedCluster(cluster, SettingsOf(cluster)) {}
  WatchedCluster(testing::PostgresCluster& cluster,
                 const config::v1::Cluster& settings);
  ~WatchedCluster();
  WatchedCluster(const WatchedCluster&) = delete;

  ClusterWatch& watch() { return watch_; }
  Topology Now() const { return *watch_.Get(); }
  // Of no node: a default one.
  Node NodeNow(const std::string& name) const;
  // Empty for none.
  std::string PrimaryNow() const;

  // Waits until the newest topology is such.
  bool Await(absl::Duration limit,
             const std::function<bool(const Topology&)>& condition) const;
  bool AwaitPrimary(const std::string& name,
                    absl::Duration limit = absl::Seconds(20)) const;
  bool AwaitState(const std::string& name, NodeState state,
                  absl::Duration limit = absl::Seconds(20)) const;
  // Until each node that answers has done so twice from now on.
  bool AwaitRounds() const;

  // Primaries in the order in which they were published, "" for none.
  std::vector<std::string> Primaries() const;

 private:
  void Take(const Topology& topology);

  mutable Mutex mutex_;
  std::vector<std::string> primaries_ ABSL_GUARDED_BY(mutex_);
  EventLoop loop_;
  ClusterWatch watch_;
};

}  // namespace sluice::topology

#endif  // SLUICE_TESTS_INTEGRATION_WATCHED_CLUSTER_H_

// WatchedClusterTest: tests on a cluster of their own each, as a gateway sees
// it through a real pgbouncer.

#ifndef SLUICE_TESTS_INTEGRATION_WATCHED_CLUSTER_TEST_H_
#define SLUICE_TESTS_INTEGRATION_WATCHED_CLUSTER_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "tests/integration/watched_cluster.h"
#include "tests/support/postgres_cluster.h"

namespace sluice::topology {

// A node that is hung is down by then (three missed answers).
inline constexpr absl::Duration kDetection = absl::Seconds(3);
inline constexpr absl::Duration kWaitLimit = absl::Seconds(20);

class WatchedClusterTest : public ::testing::Test {
 protected:
  void StartCluster(const testing::ClusterOptions& options) {
    absl::StatusOr<std::unique_ptr<testing::PostgresCluster>> cluster =
        testing::PostgresCluster::Start(options);
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
  }
  void StartCluster(int replicas, testing::ClusterGates gates =
                                      testing::ClusterGates::kNone) {
    testing::ClusterOptions options;
    options.replicas = replicas;
    options.gates = gates;
    StartCluster(options);
  }
  // Watched until its first primary, n0.
  void Watch(const config::v1::Cluster& settings) {
    watched_ = std::make_unique<WatchedCluster>(*cluster_, settings);
    ASSERT_TRUE(watched_->AwaitPrimary("n0")) << watched_->Now().fault;
  }
  void Watch() { Watch(WatchedCluster::SettingsOf(*cluster_)); }

  testing::PostgresServer& node(size_t index) { return cluster_->node(index); }
  WatchedCluster& watched() { return *watched_; }

  // WAL of a few hundred kilobytes.
  void Write(size_t index) {
    node(index).Ask("app",
                    "CREATE TABLE IF NOT EXISTS item (text text); INSERT INTO "
                    "item SELECT repeat('x', 1000) FROM generate_series(1, "
                    "300)");
  }

  std::unique_ptr<testing::PostgresCluster> cluster_;
  std::unique_ptr<WatchedCluster> watched_;
};

}  // namespace sluice::topology

#endif  // SLUICE_TESTS_INTEGRATION_WATCHED_CLUSTER_TEST_H_

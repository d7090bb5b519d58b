// A cluster as a gateway sees it, through a real pgbouncer.

#include "server/topology/cluster_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/integration/watched_cluster.h"
#include "tests/support/file.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/temp_dir.h"

namespace sluice::topology {
namespace {

using sluice::testing::ClusterGates;
using sluice::testing::ClusterOptions;
using sluice::testing::GateFlow;
using sluice::testing::PostgresCluster;
using sluice::testing::PostgresServer;
using sluice::testing::TempDir;
using sluice::testing::WriteFile;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A node that is hung is down by then (three missed answers).
constexpr absl::Duration kDetection = absl::Seconds(3);
constexpr absl::Duration kWaitLimit = absl::Seconds(20);

class ClusterWatchTest : public ::testing::Test {
 protected:
  void StartCluster(const ClusterOptions& options) {
    absl::StatusOr<std::unique_ptr<PostgresCluster>> cluster =
        PostgresCluster::Start(options);
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
  }
  void StartCluster(int replicas, ClusterGates gates = ClusterGates::kNone) {
    ClusterOptions options;
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

  PostgresServer& node(size_t index) { return cluster_->node(index); }
  WatchedCluster& watched() { return *watched_; }

  // WAL of a few hundred kilobytes.
  void Write(size_t index) {
    node(index).Ask("app",
                    "CREATE TABLE IF NOT EXISTS item (text text); INSERT INTO "
                    "item SELECT repeat('x', 1000) FROM generate_series(1, "
                    "300)");
  }

  std::unique_ptr<PostgresCluster> cluster_;
  std::unique_ptr<WatchedCluster> watched_;
};

TEST_F(ClusterWatchTest, NodesTellWhatTheyAre) {
  StartCluster(2);
  Watch();
  ASSERT_TRUE(watched().AwaitRounds());
  const Topology now = watched().Now();
  EXPECT_EQ(now.cluster, "main");
  EXPECT_EQ(now.epoch, 1U);
  EXPECT_EQ(now.timeline, 1U);
  EXPECT_EQ(
      absl::StrCat(now.system_identifier),
      node(0).Ask("app", "SELECT system_identifier FROM pg_control_system()"));
  const Node primary = *now.primary();
  EXPECT_EQ(primary.streaming_standbys, 2);
  EXPECT_FALSE(primary.is_synchronous);
  EXPECT_EQ(primary.max_connections, 97);
  EXPECT_EQ(primary.instances, 1);
  EXPECT_GT(primary.lsn, 0U);
  EXPECT_GT(primary.round_trip, absl::ZeroDuration());
  for (const char* name : {"n1", "n2"}) {
    const Node replica = watched().NodeNow(name);
    EXPECT_EQ(replica.state, NodeState::kUp);
    EXPECT_EQ(replica.fault, "");
    EXPECT_EQ(replica.role, NodeRole::kReplica);
    EXPECT_EQ(replica.timeline, 1U);
    EXPECT_EQ(replica.instances, 1);
    ASSERT_TRUE(replica.lag.has_value());
    EXPECT_EQ(replica.lag->bytes, 0);
  }
  ASSERT_TRUE(cluster_->SetSynchronousStandbys(1).ok());
  EXPECT_TRUE(watched().Await(kWaitLimit, [](const Topology& topology) {
    return topology.primary()->is_synchronous;
  }));
}

TEST_F(ClusterWatchTest, APromotedReplicaIsTheNextEpochWithinASecond) {
  StartCluster(1);
  Watch();
  node(0).Kill();
  ASSERT_TRUE(watched().AwaitPrimary("", kDetection));
  ASSERT_TRUE(node(1).Promote().ok());
  const absl::Time promoted_at = absl::Now();
  ASSERT_TRUE(watched().AwaitPrimary("n1"));
  EXPECT_LE(absl::Now() - promoted_at, absl::Seconds(1));
  EXPECT_EQ(watched().Now().epoch, 2U);
  EXPECT_EQ(watched().Now().timeline, 2U);
  EXPECT_EQ(watched().NodeNow("n0").state, NodeState::kDown);

  // The old one comes back as what it was.
  ASSERT_TRUE(node(0).StartAgain().ok());
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUp));
  ASSERT_TRUE(watched().AwaitRounds());
  EXPECT_EQ(watched().NodeNow("n0").role, NodeRole::kPrimary);
  EXPECT_EQ(watched().NodeNow("n0").timeline, 1U);
  EXPECT_THAT(watched().Primaries(), ElementsAre("", "n0", "", "n1"));
  // Then as a replica of the new one.
  node(0).Stop();
  ASSERT_TRUE(node(0).StartAgainAsReplicaOf(node(1)).ok());
  EXPECT_TRUE(watched().Await(kWaitLimit, [](const Topology& topology) {
    const Node& old = *topology.Find("n0");
    return old.state == NodeState::kUp && old.role == NodeRole::kReplica &&
           old.timeline == 2 && old.lag.has_value() && old.lag->bytes == 0;
  }));
}

TEST_F(ClusterWatchTest, AFrozenPrimaryIsDownInTimeAndNoneWhenItWakes) {
  StartCluster(1);
  Watch();
  node(0).Freeze();
  EXPECT_TRUE(watched().AwaitState("n0", NodeState::kDown, kDetection));
  EXPECT_EQ(watched().PrimaryNow(), "");
  ASSERT_TRUE(node(1).Promote().ok());
  ASSERT_TRUE(watched().AwaitPrimary("n1"));
  node(0).Wake();
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUp));
  ASSERT_TRUE(watched().AwaitRounds());
  EXPECT_EQ(watched().NodeNow("n0").role, NodeRole::kPrimary);
  EXPECT_THAT(watched().Primaries(), ElementsAre("", "n0", "", "n1"));
}

TEST_F(ClusterWatchTest, APrimaryThatWasFrozenForAWhileIsTheSameOne) {
  StartCluster(1);
  Watch();
  node(0).Freeze();
  ASSERT_TRUE(watched().AwaitPrimary("", kDetection));
  node(0).Wake();
  ASSERT_TRUE(watched().AwaitPrimary("n0"));
  EXPECT_EQ(watched().Now().epoch, 1U);
}

TEST_F(ClusterWatchTest, TwoPrimariesOnOneTimelineAreNoneUntilItSettles) {
  StartCluster(2);
  Watch();
  node(0).Kill();
  ASSERT_TRUE(node(1).Promote().ok());
  ASSERT_TRUE(watched().AwaitPrimary("n1"));
  ASSERT_TRUE(node(2).Promote().ok());
  ASSERT_TRUE(watched().AwaitPrimary(""));
  EXPECT_THAT(watched().Now().fault, HasSubstr("n1 and n2"));
  ASSERT_TRUE(watched().AwaitRounds());
  EXPECT_EQ(watched().PrimaryNow(), "");
  node(2).Stop();
  ASSERT_TRUE(node(2).StartAgainAsReplicaOf(node(1)).ok());
  EXPECT_TRUE(watched().AwaitPrimary("n1"));
}

TEST_F(ClusterWatchTest, ANodeOfAnotherClusterIsNeverUsed) {
  ClusterOptions options;
  options.replicas = 0;
  options.strangers = 1;
  StartCluster(options);
  config::v1::Cluster settings = WatchedCluster::SettingsOf(*cluster_);
  uint64_t identifier = 0;
  ASSERT_TRUE(absl::SimpleAtoi(
      node(0).Ask("app", "SELECT system_identifier FROM pg_control_system()"),
      &identifier));
  settings.set_system_identifier(identifier);
  Watch(settings);
  ASSERT_TRUE(watched().AwaitState("n1", NodeState::kForeign));
  node(0).Kill();
  ASSERT_TRUE(watched().AwaitPrimary(""));
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kDown));
  EXPECT_THAT(watched().Primaries(), Not(Contains("n1")));
}

TEST_F(ClusterWatchTest, PrimariesOfTwoClustersAreNoneWithoutConfiguration) {
  ClusterOptions options;
  options.replicas = 0;
  options.strangers = 1;
  StartCluster(options);
  watched_ = std::make_unique<WatchedCluster>(*cluster_);
  ASSERT_TRUE(watched().AwaitRounds());
  EXPECT_THAT(watched().Now().fault, HasSubstr("system_identifier"));
  EXPECT_THAT(watched().Primaries(), ElementsAre(""));
}

TEST_F(ClusterWatchTest, APoolerThatIsKilledIsNoDeadNode) {
  StartCluster(1);
  Watch();
  cluster_->pgbouncer().Kill();
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUnreachable, kDetection));
  ASSERT_TRUE(watched().AwaitState("n1", NodeState::kUnreachable, kDetection));
  // Longer than it takes to miss three answers.
  EXPECT_FALSE(watched().AwaitState("n0", NodeState::kDown, kDetection));
  EXPECT_EQ(watched().PrimaryNow(), "n0");
  ASSERT_TRUE(cluster_->pgbouncer().StartAgain().ok());
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUp));
  ASSERT_TRUE(watched().AwaitPrimary("n0"));
  EXPECT_EQ(watched().Now().epoch, 1U);
}

TEST_F(ClusterWatchTest, APoolerThatHangsIsNoDeadNode) {
  StartCluster(1);
  Watch();
  cluster_->pgbouncer().Freeze();
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUnreachable, kDetection));
  ASSERT_TRUE(watched().AwaitState("n1", NodeState::kUnreachable, kDetection));
  EXPECT_EQ(watched().PrimaryNow(), "n0");
  cluster_->pgbouncer().Wake();
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUp));
  ASSERT_TRUE(watched().AwaitPrimary("n0"));
  EXPECT_EQ(watched().Now().epoch, 1U);
}

TEST_F(ClusterWatchTest, AnEntryThatIsMissingIsNoDeadNode) {
  StartCluster(1);
  config::v1::Cluster settings = WatchedCluster::SettingsOf(*cluster_);
  config::v1::StaticNode& node =
      *settings.mutable_discovery()->mutable_static_()->add_nodes();
  node.set_name("unheard-of");
  node.set_host("pg.sluice.internal");
  node.set_port(1);
  Watch(settings);
  EXPECT_TRUE(watched().AwaitState("unheard-of", NodeState::kUnreachable));
  EXPECT_THAT(watched().NodeNow("unheard-of").fault,
              HasSubstr("no such database"));
}

TEST_F(ClusterWatchTest, APausedReplicaIsLateWhileThePrimaryWritesAndNotIdle) {
  StartCluster(1);
  Write(0);
  ASSERT_TRUE(cluster_->AwaitReplayed(1, 0));
  Watch();
  ASSERT_TRUE(watched().AwaitRounds());
  ASSERT_TRUE(node(1).PauseReplay().ok());
  // An idle primary makes nobody late.
  const SteadyTime until = SteadyNow() + std::chrono::seconds(2);
  while (SteadyNow() < until) {
    ASSERT_TRUE(watched().AwaitRounds());
    const Lag lag = watched().NodeNow("n1").lag.value();
    EXPECT_EQ(lag.bytes, 0);
    EXPECT_EQ(lag.time, absl::ZeroDuration());
    EXPECT_LT(SteadyNow() - lag.fresh_at, std::chrono::seconds(2));
  }
  const SteadyTime written_at = SteadyNow();
  Write(0);
  ASSERT_TRUE(watched().Await(kWaitLimit, [](const Topology& topology) {
    return topology.Find("n1")->lag->bytes > 100000;
  }));
  ASSERT_TRUE(watched().Await(kWaitLimit, [](const Topology& topology) {
    return topology.Find("n1")->lag->time > absl::Seconds(3);
  }));
  const Lag late = watched().NodeNow("n1").lag.value();
  EXPECT_LE(late.fresh_at, written_at);
  ASSERT_TRUE(node(1).ResumeReplay().ok());
  ASSERT_TRUE(watched().Await(kWaitLimit, [&](const Topology& topology) {
    const Lag& lag = *topology.Find("n1")->lag;
    return lag.bytes == 0 && lag.time == absl::ZeroDuration() &&
           lag.fresh_at > written_at;
  }));
}

TEST_F(ClusterWatchTest, APrimaryCountsOnlyWithItsStandbys) {
  StartCluster(1);
  config::v1::Cluster settings = WatchedCluster::SettingsOf(*cluster_);
  settings.set_min_streaming_standbys(1);
  Watch(settings);
  node(1).Stop();
  ASSERT_TRUE(watched().AwaitPrimary(""));
  EXPECT_THAT(watched().Now().fault, HasSubstr("0 standbys stream from n0"));
  EXPECT_EQ(watched().NodeNow("n0").state, NodeState::kUp);
  ASSERT_TRUE(node(1).StartAgain().ok());
  ASSERT_TRUE(watched().AwaitPrimary("n0"));
  EXPECT_EQ(watched().Now().epoch, 1U);
}

TEST_F(ClusterWatchTest, ALinkThatIsCutOrSilentMakesTheNodeDownUntilItHeals) {
  StartCluster(1, ClusterGates::kEach);
  Watch();
  cluster_->gate(1).Refuse();
  cluster_->gate(1).CutAll();
  ASSERT_TRUE(watched().AwaitState("n1", NodeState::kDown, kDetection));
  ASSERT_TRUE(cluster_->gate(1).Admit().ok());
  ASSERT_TRUE(watched().AwaitState("n1", NodeState::kUp));

  GateFlow silent;
  silent.to_client = GateFlow::Passage::kStalled;
  cluster_->gate(0).SetFlow(silent);
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kDown, kDetection));
  EXPECT_EQ(watched().PrimaryNow(), "");
  cluster_->gate(0).SetFlow({});
  ASSERT_TRUE(watched().AwaitPrimary("n0"));
  EXPECT_EQ(watched().Now().epoch, 1U);
}

TEST_F(ClusterWatchTest, NodesComeAndGoAsDiscoverySays) {
  StartCluster(0);
  absl::StatusOr<TempDir> folder = TempDir::Make();
  ASSERT_TRUE(folder.ok()) << folder.status();
  const std::string file = folder->Path("nodes.yaml");
  ASSERT_TRUE(WriteFile(file, "primary: here:1\n", 0600).ok());
  config::v1::Cluster settings = WatchedCluster::SettingsOf(*cluster_);
  settings.mutable_discovery()->clear_static_();
  settings.mutable_discovery()->mutable_file()->set_path(file);
  watched_ = std::make_unique<WatchedCluster>(*cluster_, settings);
  // pgbouncer has an entry for neither of them.
  const auto await_nodes = [this](const std::vector<std::string>& names) {
    return watched().Await(kWaitLimit, [&](const Topology& topology) {
      std::vector<std::string> there;
      for (const Node& node : topology.nodes) {
        if (node.state == NodeState::kUnreachable) {
          there.push_back(node.address.name);
        }
      }
      return there == names;
    });
  };
  const std::string here = MakeNodeName("here", 1);
  const std::string there = MakeNodeName("there", 2);
  EXPECT_TRUE(await_nodes({here}));
  ASSERT_TRUE(
      WriteFile(file, "primary: here:1\nread_only: ['there:2']\n", 0600).ok());
  EXPECT_TRUE(await_nodes({here, there}));
  ASSERT_TRUE(WriteFile(file, "primary: there:2\n", 0600).ok());
  EXPECT_TRUE(await_nodes({there}));
  ASSERT_TRUE(WriteFile(file, "primary: here:1\n", 0600).ok());
  EXPECT_TRUE(await_nodes({here}));
}

TEST_F(ClusterWatchTest, ASuspicionIsLookedIntoAtOnce) {
  StartCluster(1);
  config::v1::Cluster settings = WatchedCluster::SettingsOf(*cluster_);
  settings.mutable_probe_interval()->set_seconds(10);
  Watch(settings);
  const SteadyTime answered_at = watched().NodeNow("n0").answered_at;
  watched().watch().Suspect("n0", Suspicion::kConnectionLost);
  watched().watch().Suspect("nobody", Suspicion::kConnectionLost);
  EXPECT_TRUE(watched().Await(absl::Seconds(1), [&](const Topology& topology) {
    return topology.Find("n0")->answered_at > answered_at;
  }));
}

TEST_F(ClusterWatchTest, AProbeWhoseSessionIsKilledMakesNoNodeDown) {
  StartCluster(1);
  Watch();
  ASSERT_TRUE(watched().AwaitRounds());
  for (int i = 0; i < 5; ++i) {
    node(0).Ask("postgres",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'probe'");
    ASSERT_TRUE(watched().AwaitRounds());
  }
  EXPECT_THAT(watched().Primaries(), ElementsAre("", "n0"));
}

}  // namespace
}  // namespace sluice::topology

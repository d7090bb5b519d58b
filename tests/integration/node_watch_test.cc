// What is known of a cluster's nodes: when pgbouncer, a link or a replica
// fails.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "server/topology/cluster_watch.h"
#include "server/topology/node_address.h"
#include "tests/integration/watched_cluster_test.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/temp_dir.h"

namespace sluice::topology {
namespace {

using sluice::testing::ClusterGates;
using sluice::testing::GateFlow;
using sluice::testing::TempDir;
using sluice::testing::WriteFile;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using NodeWatchTest = WatchedClusterTest;

TEST_F(NodeWatchTest, APoolerThatIsKilledIsNoDeadNode) {
  StartCluster(1);
  Watch();
  cluster_->pgbouncer().Kill();
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUnreachable, kDetection));
  ASSERT_TRUE(watched().AwaitState("n1", NodeState::kUnreachable, kDetection));
  // Longer than it takes to miss three answers.
  EXPECT_FALSE(watched().AwaitState("n0", NodeState::kDown, kDetection));
  EXPECT_EQ(watched().PrimaryNow(), "");
  ASSERT_TRUE(cluster_->pgbouncer().StartAgain().ok());
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUp));
  ASSERT_TRUE(watched().AwaitPrimary("n0"));
  EXPECT_EQ(watched().Now().epoch, 1U);
}

TEST_F(NodeWatchTest, APoolerThatHangsIsNoDeadNode) {
  StartCluster(1);
  Watch();
  cluster_->pgbouncer().Freeze();
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUnreachable, kDetection));
  ASSERT_TRUE(watched().AwaitState("n1", NodeState::kUnreachable, kDetection));
  EXPECT_EQ(watched().PrimaryNow(), "");
  EXPECT_EQ(watched().Now().fault, "the pooler does not answer");
  cluster_->pgbouncer().Wake();
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUp));
  ASSERT_TRUE(watched().AwaitPrimary("n0"));
  EXPECT_EQ(watched().Now().epoch, 1U);
}

TEST_F(NodeWatchTest, APrimaryThatCameWhileThePoolerHungIsTheNextOne) {
  StartCluster(1);
  Watch();
  cluster_->pgbouncer().Freeze();
  ASSERT_TRUE(watched().AwaitState("n0", NodeState::kUnreachable, kDetection));
  ASSERT_TRUE(node(1).Promote().ok());
  cluster_->pgbouncer().Wake();
  ASSERT_TRUE(watched().AwaitPrimary("n1"));
  EXPECT_THAT(watched().Primaries(), ElementsAre("", "n0", "", "n1"));
}

TEST_F(NodeWatchTest, AnEntryThatIsMissingIsNoDeadNode) {
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

TEST_F(NodeWatchTest, APausedReplicaIsLateWhileThePrimaryWritesAndNotIdle) {
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

TEST_F(NodeWatchTest, ALinkThatIsCutOrSilentMakesTheNodeDownUntilItHeals) {
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

TEST_F(NodeWatchTest, NodesComeAndGoAsDiscoverySays) {
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

TEST_F(NodeWatchTest, ASuspicionIsLookedIntoAtOnce) {
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

TEST_F(NodeWatchTest, ANodeThatIsDownIsNotAskedOftenWhoeverWaitsForIt) {
  StartCluster(1);
  Watch();
  node(1).Kill();
  ASSERT_TRUE(watched().AwaitState("n1", NodeState::kDown));
  const auto count_logins = [this] {
    const std::vector<std::string> parts =
        absl::StrSplit(cluster_->pgbouncer().ReadLog(), "attempt: db=probe.n1");
    return static_cast<int>(parts.size()) - 1;
  };
  const int before = count_logins();
  const SteadyTime until = SteadyNow() + std::chrono::seconds(1);
  sluice::testing::Await(kWaitLimit, [&] {
    watched().watch().Suspect("n1", Suspicion::kAwaited);
    return SteadyNow() > until;
  });
  const int logins = count_logins() - before;
  EXPECT_GE(logins, 4);
  EXPECT_LE(logins, 12);
}

TEST_F(NodeWatchTest, AProbeWhoseSessionIsKilledMakesNoNodeDown) {
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

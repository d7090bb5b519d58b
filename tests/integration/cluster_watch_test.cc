// Who takes the writes of a cluster, as it fails over.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/integration/watched_cluster_test.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_paths.h"

namespace sluice::topology {
namespace {

using sluice::testing::ChildCommand;
using sluice::testing::ChildProcess;
using sluice::testing::ClusterOptions;
using sluice::testing::PostgresProgram;
using sluice::testing::TempDir;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using ClusterWatchTest = WatchedClusterTest;

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

TEST_F(ClusterWatchTest, ANodeThatRefusesIsDownHoweverManyMissesItMayHave) {
  StartCluster(0);
  config::v1::Cluster settings = WatchedCluster::SettingsOf(*cluster_);
  settings.set_max_missed_probes(1000);
  Watch(settings);
  node(0).Kill();
  EXPECT_TRUE(watched().AwaitState("n0", NodeState::kDown));
}

TEST_F(ClusterWatchTest, WithoutAPrimaryNodesAreAskedOften) {
  StartCluster(1);
  config::v1::Cluster settings = WatchedCluster::SettingsOf(*cluster_);
  settings.mutable_probe_interval()->set_seconds(10);
  Watch(settings);
  node(0).Kill();
  // Its lost connection tells.
  ASSERT_TRUE(watched().AwaitPrimary("", kDetection));
  ASSERT_TRUE(node(1).Promote().ok());
  EXPECT_TRUE(watched().AwaitPrimary("n1", absl::Seconds(1)));
}

TEST_F(ClusterWatchTest, AReplicaThatFollowsANewPrimaryTellsItsTimeline) {
  StartCluster(2);
  Watch();
  node(0).Kill();
  ASSERT_TRUE(node(1).Promote().ok());
  ASSERT_TRUE(watched().AwaitPrimary("n1"));
  EXPECT_EQ(watched().NodeNow("n2").timeline, 1U);
  ASSERT_TRUE(node(2).Follow(node(1)).ok());
  EXPECT_TRUE(watched().Await(kWaitLimit, [](const Topology& topology) {
    const Node& replica = *topology.Find("n2");
    return replica.timeline == 2 && replica.lag->bytes == 0 &&
           replica.lag->time == absl::ZeroDuration();
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

TEST_F(ClusterWatchTest, WhoOnlyReceivesWalIsNoStandby) {
  StartCluster(0);
  Watch();
  absl::StatusOr<TempDir> folder = TempDir::Make();
  ASSERT_TRUE(folder.ok()) << folder.status();
  ChildCommand command;
  command.arguments = {PostgresProgram("pg_receivewal"),
                       "-U",
                       "postgres",
                       "-h",
                       node(0).socket_folder(),
                       "-p",
                       absl::StrCat(node(0).port()),
                       "-D",
                       folder->path()};
  command.log_file = folder->Path("log");
  absl::StatusOr<std::unique_ptr<ChildProcess>> receiver =
      ChildProcess::Start(command);
  ASSERT_TRUE(receiver.ok()) << receiver.status();
  ASSERT_TRUE(cluster_->AwaitStreaming(0, 1));
  ASSERT_TRUE(watched().AwaitRounds());
  EXPECT_EQ(watched().NodeNow("n0").streaming_standbys, 0);
}

}  // namespace
}  // namespace sluice::topology

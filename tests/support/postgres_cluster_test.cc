#include "tests/support/postgres_cluster.h"

#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kWaitLimit = absl::Seconds(30);

class PostgresClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ClusterOptions options;
    options.replicas = 1;
    options.strangers = 1;
    options.gates = ClusterGates::kEach;
    absl::StatusOr<std::unique_ptr<PostgresCluster>> cluster =
        PostgresCluster::Start(options);
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
  }

  static std::string Insert(int id) {
    return absl::StrCat("INSERT INTO item VALUES (", id, ")");
  }
  std::string CountOn(size_t index) {
    return cluster_->node(index).Ask("app", "SELECT count(*) FROM item");
  }
  // Through pgbouncer and the gate.
  absl::StatusOr<SqlSession> Enter(const std::string& entry) {
    PgBouncer& pgbouncer = cluster_->pgbouncer();
    return SqlSession::Open(absl::StrCat(
        "host=", pgbouncer.socket_folder(), " port=", pgbouncer.port(),
        " dbname=", entry, " user=", PostgresCluster::kGatewayUser,
        " password=", PostgresCluster::kGatewayPassword, " connect_timeout=5"));
  }

  std::unique_ptr<PostgresCluster> cluster_;
};

TEST_F(PostgresClusterTest, EachNodeHasItsEntries) {
  const auto ask = [this](const std::string& entry, const std::string& sql) {
    absl::StatusOr<SqlSession> session = Enter(entry);
    EXPECT_TRUE(session.ok()) << session.status();
    if (!session.ok()) return std::string();
    return (*session->Execute(sql))[0][0].value_or("");
  };
  EXPECT_EQ(ask("app.app.n0", "SELECT pg_is_in_recovery()"), "f");
  EXPECT_EQ(ask("app.app.n1", "SELECT pg_is_in_recovery()"), "t");
  EXPECT_EQ(ask("app.app.n2", "SELECT pg_is_in_recovery()"), "f");
  const std::string who = "SELECT session_user || '@' || current_database()";
  EXPECT_EQ(ask("app.app.n1", who), "app@app");
  EXPECT_EQ(ask("probe.n1", who), "probe@postgres");
  const std::string identifier =
      "SELECT system_identifier FROM pg_control_system()";
  EXPECT_EQ(ask("probe.n0", identifier), ask("probe.n1", identifier));
  EXPECT_NE(ask("probe.n0", identifier), ask("probe.n2", identifier));
}

TEST_F(PostgresClusterTest, AReplicaIsPromotedAndTheKilledPrimaryComesBack) {
  PostgresServer& old = cluster_->node(0);
  PostgresServer& heir = cluster_->node(1);
  old.Ask("app", "CREATE TABLE item (id int)");
  ASSERT_TRUE(cluster_->SetSynchronousStandbys(1).ok());
  ASSERT_TRUE(Await(kWaitLimit, [&] {
    return old.Ask("app", "SHOW synchronous_standby_names") != "";
  }));
  old.Ask("app", Insert(1));
  old.Kill();
  EXPECT_FALSE(old.Connect("app", "postgres").ok());
  ASSERT_TRUE(heir.Promote().ok());
  EXPECT_EQ(heir.Ask("app", "SELECT pg_is_in_recovery()"), "f");
  EXPECT_EQ(CountOn(1), "1");
  ASSERT_TRUE(heir.Execute("app", "ALTER SYSTEM RESET ALL").ok());

  ASSERT_TRUE(old.StartAgain().ok());
  EXPECT_EQ(old.Ask("app", "SELECT pg_is_in_recovery()"), "f");
  old.Stop();
  ASSERT_TRUE(old.StartAgainAsReplicaOf(heir).ok());
  ASSERT_TRUE(cluster_->AwaitReplayed(0, 1));
  EXPECT_EQ(old.Ask("app", "SELECT pg_is_in_recovery()"), "t");
}

TEST_F(PostgresClusterTest, AReplicaFollowsAnotherPrimaryAndPauses) {
  ASSERT_TRUE(cluster_->AwaitReplayed(1, 0));
  PostgresServer& primary = cluster_->node(0);
  PostgresServer& replica = cluster_->node(1);
  primary.Ask("app", "CREATE TABLE item (id int)");
  ASSERT_TRUE(cluster_->AwaitReplayed(1, 0));
  ASSERT_TRUE(replica.PauseReplay().ok());
  primary.Ask("app", Insert(1));
  EXPECT_EQ(CountOn(1), "0");
  ASSERT_TRUE(replica.ResumeReplay().ok());
  ASSERT_TRUE(cluster_->AwaitReplayed(1, 0));
  EXPECT_EQ(CountOn(1), "1");

  absl::StatusOr<std::unique_ptr<PostgresServer>> other =
      primary.StartReplica();
  ASSERT_TRUE(other.ok()) << other.status();
  ASSERT_TRUE((*other)->Promote().ok());
  ASSERT_TRUE(replica.Follow(**other).ok());
  EXPECT_TRUE(Await(kWaitLimit, [&] {
    return replica.Ask("app",
                       "SELECT received_tli FROM pg_stat_wal_receiver "
                       "WHERE status = 'streaming'") == "2";
  }));
}

TEST_F(PostgresClusterTest, AFrozenServerIsSilentUntilItIsWoken) {
  absl::StatusOr<SqlSession> session = Enter("app.app.n0");
  ASSERT_TRUE(session.ok()) << session.status();
  PostgresServer& primary = cluster_->node(0);
  primary.Freeze();
  // The TCP connection comes to be, and nothing answers on it.
  EXPECT_FALSE(
      SqlSession::Open(absl::StrCat("host=127.0.0.1 port=", primary.port(),
                                    " user=app dbname=app connect_timeout=2"))
          .ok());
  primary.Wake();
  EXPECT_TRUE(session->Execute("SELECT 1").ok());
}

}  // namespace
}  // namespace sluice::testing

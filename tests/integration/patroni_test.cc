// Writes through what Patroni does to its leader, and what is done to Patroni.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/integration/cluster_gateways.h"
#include "tests/integration/ledger_crowd.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/patroni_cluster.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;
using Roles = PatroniCluster::Roles;

// A promotion is noticed by the next probe, and writes flow a second after it.
constexpr absl::Duration kBack = absl::Seconds(2);
// Of Patroni: `ttl`, and some rounds.
constexpr absl::Duration kPromotionLimit = absl::Seconds(40);
constexpr absl::Duration kNoticeLimit = absl::Seconds(20);
constexpr int64_t kIdsOfACase = 1'000'000'000;

// One cluster for all; each case waits until the one before has healed.
class PatroniTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::unique_ptr<PatroniCluster>> cluster =
        PatroniCluster::Start();
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
    ASSERT_TRUE(cluster_->member(0)
                    .Execute("app", "SET ROLE app; " + MakeLedgerSql())
                    .ok());
    ClusterGatewayOptions options;
    options.gateways = 2;
    absl::StatusOr<std::unique_ptr<ClusterGateways>> gateways =
        ClusterGateways::Start(*cluster_, options);
    ASSERT_TRUE(gateways.ok()) << gateways.status();
    gateways_ = *std::move(gateways);
  }
  static void TearDownTestSuite() {
    gateways_.reset();
    cluster_.reset();
  }

  void SetUp() override {
    const absl::StatusOr<Roles> roles = cluster_->AwaitWhole();
    ASSERT_TRUE(roles.ok()) << roles.status();
    roles_ = *roles;
    last_id_ += kIdsOfACase;
    crowd_.emplace(std::vector<ClientOptions>{gateways_->client_options(0),
                                              gateways_->client_options(1)},
                   last_id_);
    ASSERT_TRUE(crowd_->AwaitAcknowledged(500));
  }

  PatroniMember& leader() const { return cluster_->member(roles_.leader); }
  std::vector<size_t> Others() const {
    std::vector<size_t> others;
    for (size_t i = 0; i < cluster_->size(); ++i) {
      if (i != roles_.leader) others.push_back(i);
    }
    return others;
  }

  // Waits until a member that serves is promoted. When that was.
  absl::Time AwaitPromotion(const std::vector<size_t>& members) {
    const std::optional<size_t> primary =
        cluster_->AwaitPrimary(members, kPromotionLimit);
    EXPECT_TRUE(primary.has_value());
    primary_ = primary.value_or(roles_.candidate);
    return absl::Now();
  }
  // Waits until writes flow, and lets them for a while. When they flowed.
  absl::Time AwaitWritesAfter(absl::Time fault, absl::Time possible) const {
    const int64_t before = crowd_->acknowledged();
    EXPECT_TRUE(crowd_->AwaitAcknowledged(before + 20));
    const absl::Time back = absl::Now();
    std::cout << "promoted after " << possible - fault << ", writes flow "
              << back - possible << " later" << std::endl;
    EXPECT_LT(back - possible, kBack);
    EXPECT_TRUE(crowd_->AwaitAcknowledged(before + 500));
    return back;
  }

  // Waits until the gateway has a read done by that member.
  static bool AwaitReadBy(size_t member) {
    GatewayClient client = gateways_->MakeClient();
    return Await(kNoticeLimit, [&] {
      const QueryOutcome read = client.Query(AnyRead());
      EXPECT_THAT(read.status, IsOk());
      return read.response.summary().node() == PatroniCluster::NameOf(member);
    });
  }
  static v1::QueryRequest AnyRead() {
    v1::QueryRequest read = MakeQuery("SELECT count(*) FROM ledger_entry");
    read.mutable_options()->mutable_consistency()->set_any(true);
    return read;
  }

  static std::string CountEntries(const PatroniMember& member) {
    return member.Ask("app", "SELECT count(*) FROM ledger_entry");
  }

  // Between two writes that were acknowledged.
  absl::Duration LongestPause() const {
    std::vector<absl::Time> ends;
    for (const LedgerCrowd::Record& record : crowd_->records()) {
      if (record.result.status.ok()) ends.push_back(record.end);
    }
    std::sort(ends.begin(), ends.end());
    absl::Duration pause;
    for (size_t i = 1; i < ends.size(); ++i) {
      pause = std::max(pause, ends[i] - ends[i - 1]);
    }
    return pause;
  }

  // Stops the writes, and holds what callers were told against what the primary
  // has.
  void CheckLedgerAfter(const FaultTime& fault) {
    crowd_->Stop();
    std::cout << "no write was acknowledged for " << LongestPause()
              << std::endl;
    CheckLedger(cluster_->member(primary_).Execute("app", LedgerContentSql()),
                crowd_->records(), fault);
  }

  static std::unique_ptr<PatroniCluster> cluster_;
  static std::unique_ptr<ClusterGateways> gateways_;
  static int64_t last_id_;
  // When the case began.
  Roles roles_;
  // When it ends.
  size_t primary_ = 0;
  std::optional<LedgerCrowd> crowd_;
};

std::unique_ptr<PatroniCluster> PatroniTest::cluster_;
std::unique_ptr<ClusterGateways> PatroniTest::gateways_;
int64_t PatroniTest::last_id_ = 0;

TEST_F(PatroniTest, ASwitchoverUnderAHoldFailsNoCall) {
  const absl::Time fault = absl::Now();
  ASSERT_TRUE(gateways_->HoldWrites().ok());
  std::future<absl::Status> switched = std::async(
      std::launch::async, [this] { return cluster_->SwitchOver(roles_); });
  const absl::Time promoted = AwaitPromotion({roles_.candidate});
  const absl::Status status = switched.get();
  EXPECT_TRUE(status.ok()) << status;
  ASSERT_TRUE(gateways_->ReleaseWrites().ok());
  // It is when the hold ends that writes can flow.
  const absl::Time released = absl::Now();
  const absl::Time back = AwaitWritesAfter(fault, released);
  std::cout << "promoted after " << promoted - fault << std::endl;
  CheckLedgerAfter({fault, back});
  EXPECT_EQ(CountFailed(crowd_->records()), 0);
}

TEST_F(PatroniTest, ASwitchoverWithoutAHoldLosesNothing) {
  const absl::Time fault = absl::Now();
  std::future<absl::Status> switched = std::async(
      std::launch::async, [this] { return cluster_->SwitchOver(roles_); });
  const absl::Time promoted = AwaitPromotion({roles_.candidate});
  const absl::Time back = AwaitWritesAfter(fault, promoted);
  const absl::Status status = switched.get();
  EXPECT_TRUE(status.ok()) << status;
  CheckLedgerAfter({fault, back});
  CountFailed(crowd_->records());
}

TEST_F(PatroniTest, AKilledLeaderLosesNothingAndComesBackAsAReplica) {
  const absl::Time fault = absl::Now();
  leader().Kill();
  const absl::Time promoted = AwaitPromotion(Others());
  const absl::Time back = AwaitWritesAfter(fault, promoted);
  ASSERT_TRUE(leader().StartAgain().ok());
  EXPECT_TRUE(crowd_->AwaitMoreAcknowledged(500));
  CheckLedgerAfter({fault, back});
  EXPECT_TRUE(cluster_->AwaitWhole().ok());
  EXPECT_TRUE(AwaitReadBy(roles_.leader));
}

TEST_F(PatroniTest, WritesWaitForALeaderThatPatroniStartsAgain) {
  const absl::Time fault = absl::Now();
  leader().KillPostgres();
  const absl::Time started = AwaitPromotion({0, 1, 2});
  EXPECT_EQ(primary_, roles_.leader);
  const absl::Time back = AwaitWritesAfter(fault, started);
  CheckLedgerAfter({fault, back});
}

TEST_F(PatroniTest, AFrozenLeaderGetsNoWriteWhenItWakes) {
  const absl::Time fault = absl::Now();
  leader().Freeze();
  const absl::Time promoted = AwaitPromotion(Others());
  const absl::Time back = AwaitWritesAfter(fault, promoted);
  // Patroni, which would demote it, wakes later.
  leader().WakePostgres();
  EXPECT_EQ(leader().Ask("app", "SELECT pg_is_in_recovery()"), "f");
  const std::string before = CountEntries(leader());
  EXPECT_TRUE(crowd_->AwaitMoreAcknowledged(500));
  EXPECT_EQ(CountEntries(leader()), before);
  EXPECT_EQ(leader().Ask("app", "SELECT pg_is_in_recovery()"), "f");
  leader().WakePatroni();
  EXPECT_TRUE(crowd_->AwaitMoreAcknowledged(500));
  CheckLedgerAfter({fault, back});
  EXPECT_TRUE(cluster_->AwaitWhole().ok());
  EXPECT_TRUE(AwaitReadBy(roles_.leader));
}

TEST_F(PatroniTest, WithoutEtcdWritesWaitAndReadsGoOn) {
  const absl::Time fault = absl::Now();
  cluster_->etcd().Stop();
  // Patroni demotes its leader, since it can't know that it is still one.
  EXPECT_TRUE(Await(kPromotionLimit,
                    [] { return gateways_->AskTopology().primary().empty(); }));
  std::cout << "no primary after " << absl::Now() - fault << std::endl;
  std::future<ExecuteOutcome> write = std::async(std::launch::async, [] {
    return gateways_->MakeClient().Execute(
        "INSERT INTO ledger_entry VALUES (0, 0)");
  });
  GatewayClient client = gateways_->MakeClient();
  int reads = 0;
  do {
    EXPECT_THAT(client.Query(AnyRead()).status, IsOk());
    ++reads;
  } while (write.wait_for(std::chrono::milliseconds(10)) !=
           std::future_status::ready);
  std::cout << reads << " reads without a primary" << std::endl;
  EXPECT_THAT(
      write.get().status,
      FailsWith(Code::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  ASSERT_TRUE(cluster_->etcd().StartAgain().ok());
  const absl::Time promoted = AwaitPromotion({0, 1, 2});
  const absl::Time back = AwaitWritesAfter(fault, promoted);
  CheckLedgerAfter({fault, back});
}

}  // namespace
}  // namespace sluice::testing

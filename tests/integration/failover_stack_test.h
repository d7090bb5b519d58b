// FailoverTest: a cluster behind gateways, under a load of writes that is held
// against the ledger at the end.

#ifndef SLUICE_TESTS_INTEGRATION_FAILOVER_STACK_TEST_H_
#define SLUICE_TESTS_INTEGRATION_FAILOVER_STACK_TEST_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "tests/integration/cluster_stack.h"
#include "tests/integration/ledger_crowd.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"

namespace sluice::testing {

class FailoverTest : public ::testing::Test {
 protected:
  // Of a primary that is hung.
  static constexpr absl::Duration kDetection = absl::Seconds(3);
  // How soon writes flow after a promotion.
  static constexpr absl::Duration kBack = absl::Seconds(1);

  // Commits wait for `synchronous` standbys, so that what was acknowledged
  // survives.
  void Start(const ClusterStackOptions& options, int synchronous = 1) {
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
    ASSERT_TRUE(stack_->node(0)
                    .Execute("app", "SET ROLE app; " + MakeLedgerSql())
                    .ok());
    ASSERT_TRUE(stack_->cluster().SetSynchronousStandbys(synchronous).ok());
    std::vector<ClientOptions> gateways;
    for (int i = 0; i < options.gateways; ++i) {
      gateways.push_back(stack_->client_options(static_cast<size_t>(i)));
    }
    crowd_.emplace(gateways);
    ASSERT_TRUE(crowd_->AwaitAcknowledged(500));
  }
  void Start(int gateways) {
    ClusterStackOptions options;
    options.gateways = gateways;
    Start(options);
  }

  // What a gateway knows of the cluster, or of a node of it.
  v1::ClusterTopology TopologyOf(size_t gateway = 0) const {
    return stack_->gateways().AskTopology(gateway);
  }
  v1::ClusterNodeState StateOf(int node, size_t gateway = 0) const {
    return TopologyOf(gateway).nodes(node).state();
  }

  // The standby that has more of the WAL.
  size_t MoreAdvanced() const {
    const auto received = [this](size_t node) {
      int64_t position = 0;
      EXPECT_TRUE(absl::SimpleAtoi(
          stack_->node(node).Ask(
              "postgres",
              "SELECT coalesce(pg_last_wal_receive_lsn(), '0/0') - '0/0'"),
          &position));
      return position;
    };
    return received(2) > received(1) ? 2 : 1;
  }

  // Makes a standby the primary, which the other one follows. When that was.
  absl::Time Promote(size_t node) {
    // First, so that it gets no WAL of the old one's that this one has not.
    EXPECT_TRUE(stack_->node(3 - node).Follow(stack_->node(node)).ok());
    EXPECT_TRUE(stack_->cluster().AwaitStreaming(node, 1));
    EXPECT_TRUE(stack_->node(node).Promote().ok());
    return absl::Now();
  }

  // Waits until writes flow, and lets them for a while. When they flowed.
  absl::Time AwaitWritesAfter(absl::Time promoted, absl::Duration limit) {
    const int64_t before = crowd_->acknowledged();
    EXPECT_TRUE(crowd_->AwaitAcknowledged(before + 20));
    const absl::Time back = absl::Now();
    std::cout << "writes flow again " << back - promoted
              << " after the promotion" << std::endl;
    EXPECT_LT(back - promoted, limit);
    EXPECT_TRUE(crowd_->AwaitAcknowledged(before + 500));
    return back;
  }

  // Stops the writes, and holds what callers were told against what `truth`
  // has.
  void CheckLedgerAt(size_t truth, const FaultTime& fault) {
    crowd_->Stop();
    CheckLedger(stack_->node(truth).Execute("app", LedgerContentSql()),
                crowd_->records(), fault);
  }

  std::unique_ptr<ClusterStack> stack_;
  // After the stack, which it calls.
  std::optional<LedgerCrowd> crowd_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_FAILOVER_STACK_TEST_H_

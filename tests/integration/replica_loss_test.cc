// Reads while nodes go and come back. None of them may fail.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/integration/failover_stack_test.h"
#include "tests/integration/read_crowd.h"
#include "tests/integration/read_request.h"

namespace sluice::testing {
namespace {

constexpr char kRead[] = "SELECT 7";
constexpr char kLongRead[] =
    "WITH pause AS MATERIALIZED (SELECT pg_sleep(0.2)) SELECT 7 FROM pause";
// Fewer than the reads that the primary takes from replicas.
constexpr int kCallers = 6;

class ReplicaLossTest : public FailoverTest {
 protected:
  // Commits wait for no standby, since all of them will be gone.
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(Start({}, 0)); }

  absl::Duration LongestOf(const std::vector<ReadCrowd::Record>& records) {
    absl::Duration longest;
    for (const ReadCrowd::Record& record : records) {
      longest = std::max(longest, record.end - record.start);
    }
    return longest;
  }
};

TEST_F(ReplicaLossTest, ReplicasMayAllGoAndComeBackWithoutAFailedRead) {
  ReadCrowd reads(stack_->client_options(), MakeRead(kRead, Any()), kCallers);
  const absl::Time begin = absl::Now();
  // The one as for maintenance, the other one as in a crash.
  stack_->node(1).Stop();
  EXPECT_TRUE(reads.AwaitServedBy("n2", 50));
  stack_->node(2).Kill();
  EXPECT_TRUE(reads.AwaitServedBy("n0", 100));
  const absl::Time all_down = absl::Now();
  EXPECT_TRUE(reads.AwaitMore(200));
  EXPECT_EQ(CountByNode(reads.records(all_down)).count("n1"), 0);
  EXPECT_EQ(CountByNode(reads.records(all_down)).count("n2"), 0);
  for (const size_t replica : {1, 2}) {
    ASSERT_TRUE(stack_->node(replica).StartAgain().ok());
    EXPECT_TRUE(reads.AwaitServedBy(PostgresCluster::NameOf(replica), 50));
  }
  const absl::Time back = absl::Now();
  EXPECT_TRUE(reads.AwaitMore(200));
  reads.Stop();
  EXPECT_EQ(CountByNode(reads.records(back)).count("n0"), 0);
  ExpectAllGave(reads.records(), "7");
  CheckLedgerAt(0, {begin, back});
}

TEST_F(ReplicaLossTest, ReadsThatRunOnALostReplicaRunElsewhereUnseen) {
  ReadCrowd reads(stack_->client_options(), MakeRead(kLongRead, Any()),
                  kCallers);
  EXPECT_TRUE(reads.AwaitServedBy("n1", 10));
  const absl::Time begin = absl::Now();
  const auto await_retry = [&](absl::Time since) {
    return Await(absl::Seconds(20), [&] {
      return CountRetried(reads.records(since - absl::Seconds(1))) > 0;
    });
  };
  stack_->node(1).Kill();
  EXPECT_TRUE(await_retry(begin));
  ASSERT_TRUE(stack_->node(1).StartAgain().ok());
  EXPECT_TRUE(reads.AwaitServedBy("n1", 10));
  // Nothing answers there, and nothing ends.
  const absl::Time frozen = absl::Now();
  stack_->node(2).Freeze();
  EXPECT_TRUE(await_retry(frozen));
  EXPECT_TRUE(Await(kDetection, [this] {
    return StateOf(2) == v1::CLUSTER_NODE_STATE_DOWN;
  }));
  EXPECT_TRUE(reads.AwaitMore(50));
  stack_->node(2).Wake();
  EXPECT_TRUE(reads.AwaitServedBy("n2", 10));
  const absl::Time end = absl::Now();
  reads.Stop();
  ExpectAllGave(reads.records(), "7");
  // Until the replica is known to be down.
  const absl::Duration longest = LongestOf(reads.records());
  std::cout << "the longest read took " << longest << std::endl;
  EXPECT_LT(longest, kDetection + absl::Seconds(2));
  CheckLedgerAt(0, {begin, end});
}

TEST_F(ReplicaLossTest, ReadsGoOnWithoutAPrimary) {
  ReadCrowd any(stack_->client_options(), MakeRead(kRead, Any()), 3);
  ReadCrowd bounded(stack_->client_options(),
                    MakeRead(kRead, AtMost(absl::Seconds(60))), 3);
  const absl::Time begin = absl::Now();
  stack_->node(0).Kill();
  ASSERT_TRUE(
      Await(kDetection, [this] { return TopologyOf().primary().empty(); }));
  for (ReadCrowd* reads : {&any, &bounded}) {
    EXPECT_TRUE(reads->AwaitMore(1000));
  }
  EXPECT_EQ(TopologyOf().primary(), "");
  ASSERT_TRUE(stack_->node(0).StartAgain().ok());
  EXPECT_TRUE(crowd_->AwaitMoreAcknowledged(100));
  const absl::Time end = absl::Now();
  for (ReadCrowd* reads : {&any, &bounded}) {
    reads->Stop();
    ExpectAllGave(reads->records(), "7");
    EXPECT_EQ(CountByNode(reads->records()).count("n0"), 0);
    EXPECT_LT(LongestOf(reads->records()), absl::Seconds(2));
  }
  CheckLedgerAt(0, {begin, end});
}

TEST_F(ReplicaLossTest, ReadsWaitWhileThereIsNoNode) {
  ReadCrowd reads(stack_->client_options(), MakeRead(kRead, Any()), kCallers);
  EXPECT_TRUE(reads.AwaitMore(50));
  const absl::Time begin = absl::Now();
  for (const size_t node : {1, 2, 0}) stack_->node(node).Kill();
  EXPECT_TRUE(Await(kDetection, [this] {
    return StateOf(0) == v1::CLUSTER_NODE_STATE_DOWN;
  }));
  ASSERT_TRUE(stack_->node(0).StartAgain().ok());
  EXPECT_TRUE(reads.AwaitServedBy("n0", 50));
  ASSERT_TRUE(stack_->node(1).StartAgain().ok());
  EXPECT_TRUE(reads.AwaitServedBy("n1", 50));
  const absl::Time end = absl::Now();
  reads.Stop();
  ExpectAllGave(reads.records(), "7");
  ASSERT_TRUE(stack_->node(2).StartAgain().ok());
  CheckLedgerAt(0, {begin, end});
}

}  // namespace
}  // namespace sluice::testing

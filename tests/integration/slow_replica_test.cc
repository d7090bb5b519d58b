// A replica that has become ten times slower than the other one, and is then as
// fast again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/integration/failover_stack_test.h"
#include "tests/integration/read_crowd.h"
#include "tests/integration/read_request.h"

namespace sluice::testing {
namespace {

constexpr int kCallers = 8;
constexpr int kAnswerBytes = 20'000;
constexpr int kReads = 3'000;
constexpr double kSlower = 10;
// A replica as fast as the other has more, on a machine that others use too.
constexpr double kUsualShare = 0.2;
// By then nothing that was measured of it counts any more.
constexpr absl::Duration kForgotten = absl::Seconds(30);

class SlowReplicaTest : public FailoverTest {
 protected:
  void SetUp() override {
    ClusterStackOptions options;
    options.cluster.gates = ClusterGates::kEach;
    ASSERT_NO_FATAL_FAILURE(Start(options));
  }

  // The share of a node in the next `count` reads.
  static double ShareOf(const std::string& node, const ReadCrowd& reads,
                        int64_t count) {
    const absl::Time since = absl::Now();
    EXPECT_TRUE(Await(absl::Seconds(60), [&] {
      return static_cast<int64_t>(reads.records(since).size()) >= count;
    }));
    std::map<std::string, int64_t> counts = CountByNode(reads.records(since));
    int64_t all = 0;
    for (const auto& [name, own] : counts) all += own;
    return static_cast<double>(counts[node]) / static_cast<double>(all);
  }

  static absl::Duration MedianOf(std::vector<ReadCrowd::Record> records) {
    const auto middle =
        records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
    std::nth_element(
        records.begin(), middle, records.end(),
        [](const auto& a, const auto& b) { return a.run_time < b.run_time; });
    return middle->run_time;
  }
};

TEST_F(SlowReplicaTest, GetsFewReadsUntilItIsAsFastAsTheOtherAgain) {
  ReadCrowd reads(
      stack_->client_options(),
      MakeRead(absl::StrCat("SELECT 7, repeat('x', ", kAnswerBytes, ")"),
               Any()),
      kCallers);
  ASSERT_TRUE(reads.AwaitMore(500));
  const double before = ShareOf("n1", reads, 500);
  EXPECT_GT(before, kUsualShare);
  EXPECT_LT(before, 1 - kUsualShare);

  const absl::Time begin = absl::Now();
  const absl::Duration usual = MedianOf(reads.records());
  GateFlow slow;
  slow.bytes_per_second = static_cast<int64_t>(
      kAnswerBytes / absl::ToDoubleSeconds(kSlower * usual));
  stack_->cluster().gate(1).SetFlow(slow);
  const double meanwhile = ShareOf("n1", reads, kReads);
  std::cout << "a read takes " << usual << "; the slow replica got "
            << 100 * meanwhile << " % of " << kReads << std::endl;
  EXPECT_LT(meanwhile, 0.1);
  // It is tried now and then.
  EXPECT_EQ(StateOf(1), v1::CLUSTER_NODE_STATE_UP);

  stack_->cluster().gate(1).SetFlow({});
  const absl::Time fast_again = absl::Now();
  EXPECT_TRUE(Await(kForgotten + absl::Seconds(20),
                    [&] { return ShareOf("n1", reads, 200) > kUsualShare; }));
  std::cout << "it has its share again after " << absl::Now() - fast_again
            << std::endl;
  const absl::Time end = absl::Now();
  reads.Stop();
  ExpectAllGave(reads.records(), "7");
  CheckLedgerAt(0, {begin, end});
}

}  // namespace
}  // namespace sluice::testing

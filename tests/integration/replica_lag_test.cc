// Replicas that receive the WAL and do not replay it, and how fresh reads are
// all the same.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/mutex.h"
#include "server/base/proto_duration.h"
#include "tests/integration/failover_stack_test.h"
#include "tests/integration/read_crowd.h"
#include "tests/integration/read_request.h"
#include "tests/support/column_values.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

constexpr char kReadBeat[] = "SELECT beat FROM heartbeat";
constexpr absl::Duration kReplicaWait = absl::Seconds(3);
constexpr int64_t kSpilledReads = 4;

// Counts a row up through the gateway, and knows when it was at what.
class Heartbeat {
 public:
  explicit Heartbeat(const ClientOptions& gateway)
      : client_(gateway), thread_([this] {
          while (!stopping_) Beat();
        }) {}
  ~Heartbeat() {
    stopping_ = true;
    thread_.join();
  }
  Heartbeat(const Heartbeat&) = delete;

  // The last one that had been acknowledged by then.
  int64_t At(absl::Time time) const {
    MutexLock lock(&mutex_);
    int64_t beat = 0;
    for (const Acknowledged& one : acknowledged_) {
      if (one.at > time) break;
      beat = one.beat;
    }
    return beat;
  }

 private:
  struct Acknowledged {
    int64_t beat;
    absl::Time at;
  };

  void Beat() {
    ++beat_;
    const ExecuteOutcome outcome =
        client_.Execute(absl::StrCat("UPDATE heartbeat SET beat = ", beat_));
    EXPECT_THAT(outcome.status, IsOk());
    MutexLock lock(&mutex_);
    acknowledged_.push_back({beat_, absl::Now()});
  }

  GatewayClient client_;
  int64_t beat_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable Mutex mutex_;
  std::deque<Acknowledged> acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// Of a read with the beat as its value, in beats of what it had to show.
int64_t BeatsMissed(const ReadCrowd::Record& read, const Heartbeat& heartbeat,
                    absl::Duration bound) {
  int64_t seen = 0;
  EXPECT_TRUE(absl::SimpleAtoi(read.value, &seen)) << read.value;
  return heartbeat.At(read.start - bound) - seen;
}

class ReplicaLagTest : public FailoverTest {
 protected:
  void SetUp() override {
    ClusterStackOptions options;
    options.routing = {{"max_replica_wait", absl::FormatDuration(kReplicaWait)},
                       {"max_spilled_reads", absl::StrCat(kSpilledReads)}};
    options.gateway = {{"concurrency.worker_pairs", "1"}};
    ASSERT_NO_FATAL_FAILURE(Start(options));
    ASSERT_TRUE(stack_->node(0)
                    .Execute("app",
                             "SET ROLE app; CREATE TABLE heartbeat AS "
                             "SELECT 0::int8 AS beat")
                    .ok());
    for (const size_t replica : {1, 2}) {
      ASSERT_TRUE(stack_->cluster().AwaitReplayed(replica, 0));
    }
  }

  void Pause(const std::vector<size_t>& replicas) {
    for (const size_t replica : replicas) {
      ASSERT_TRUE(stack_->node(replica).PauseReplay().ok());
    }
  }
  void Resume(const std::vector<size_t>& replicas) {
    for (const size_t replica : replicas) {
      ASSERT_TRUE(stack_->node(replica).ResumeReplay().ok());
    }
  }

  absl::Duration LagOf(int node) const {
    return FromProto(TopologyOf().nodes(node).lag());
  }
  // Waits until the gateway knows that both are late by so much.
  bool AwaitLate(absl::Duration lag) const {
    return Await(absl::Seconds(20), [&] {
      const v1::ClusterTopology topology = TopologyOf();
      return FromProto(topology.nodes(1).lag()) >= lag &&
             FromProto(topology.nodes(2).lag()) >= lag;
    });
  }

  // A write's token.
  std::string Write(const std::string& sql) {
    GatewayClient client = stack_->MakeClient();
    const ExecuteOutcome outcome = client.Execute(sql);
    EXPECT_THAT(outcome.status, IsOk());
    return outcome.response.summary().consistency_token();
  }
};

TEST_F(ReplicaLagTest, BoundedReadsAreNeverStalerThanTheirBound) {
  constexpr absl::Duration kLow = absl::Seconds(1);
  constexpr absl::Duration kHigh = absl::Seconds(3);
  const uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << std::endl;
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<int> pauses(100, 2500);
  const Heartbeat heartbeat(stack_->client_options());
  ReadCrowd low(stack_->client_options(), MakeRead(kReadBeat, AtMost(kLow)), 2);
  ReadCrowd high(stack_->client_options(), MakeRead(kReadBeat, AtMost(kHigh)),
                 2);
  ReadCrowd any(stack_->client_options(), MakeRead(kReadBeat, Any()), 2);
  const absl::Time begin = absl::Now();
  for (int round = 0; round < 6; ++round) {
    const size_t replica = 1 + static_cast<size_t>(round % 2);
    Pause({replica});
    if (round % 3 == 2) Pause({3 - replica});
    absl::SleepFor(absl::Milliseconds(pauses(random)));
    Resume({1, 2});
    absl::SleepFor(absl::Milliseconds(pauses(random) / 4));
  }
  const absl::Time end = absl::Now();
  int64_t on_replicas = 0;
  for (const auto& [reads, bound] :
       {std::make_pair(&low, kLow), std::make_pair(&high, kHigh)}) {
    reads->Stop();
    for (const ReadCrowd::Record& read : reads->records(begin)) {
      EXPECT_THAT(read.status, IsOk());
      if (!read.status.ok()) continue;
      EXPECT_LE(BeatsMissed(read, heartbeat, bound), 0)
          << "on " << read.node << ", bound " << bound;
      if (read.node != "n0") ++on_replicas;
    }
  }
  any.Stop();
  int64_t stale = 0;
  for (const ReadCrowd::Record& read : any.records(begin)) {
    if (BeatsMissed(read, heartbeat, kLow) > 0) ++stale;
  }
  std::cout << on_replicas << " bounded reads on replicas; " << stale
            << " reads without a bound staler than " << kLow << std::endl;
  // Else the test would tell nothing.
  EXPECT_GT(on_replicas, 200);
  EXPECT_GT(stale, 20);
  CheckLedgerAt(0, {begin, end});
}

TEST_F(ReplicaLagTest, AReadWithATokenWaitsForAReplicaAndThenTakesThePrimary) {
  GatewayClient client = stack_->MakeClient();
  const auto read = [&](const std::string& token) {
    ReadCrowd::Record record;
    record.start = absl::Now();
    const QueryOutcome outcome =
        client.Query(MakeRead(kReadBeat, AtLeast(token)));
    record.end = absl::Now();
    record.node = outcome.response.summary().node();
    EXPECT_THAT(outcome.status, IsOk());
    record.value = FirstText(outcome.response.result_set());
    return record;
  };
  const absl::Time begin = absl::Now();
  Pause({1, 2});
  const ReadCrowd::Record late = read(Write("UPDATE heartbeat SET beat = 1"));
  EXPECT_EQ(late.node, "n0");
  EXPECT_EQ(late.value, "1");
  EXPECT_GE(late.end - late.start, kReplicaWait);
  EXPECT_LT(late.end - late.start, 2 * kReplicaWait);

  Resume({1});
  ASSERT_TRUE(stack_->cluster().AwaitReplayed(1, 0));
  const ReadCrowd::Record one = read(Write("UPDATE heartbeat SET beat = 2"));
  EXPECT_EQ(one.node, "n1");
  EXPECT_EQ(one.value, "2");
  EXPECT_LT(one.end - one.start, kReplicaWait);

  Pause({1});
  const std::string token = Write("UPDATE heartbeat SET beat = 3");
  std::thread resumer([this] {
    absl::SleepFor(kReplicaWait / 4);
    Resume({2});
  });
  const ReadCrowd::Record waited = read(token);
  resumer.join();
  EXPECT_EQ(waited.node, "n2");
  EXPECT_EQ(waited.value, "3");
  EXPECT_GE(waited.end - waited.start, kReplicaWait / 4);
  EXPECT_LT(waited.end - waited.start, kReplicaWait);
  Resume({1});
  EXPECT_TRUE(crowd_->AwaitMoreAcknowledged(100));
  CheckLedgerAt(0, {begin, absl::Now()});
}

TEST_F(ReplicaLagTest, LagIsToldWhileItGrowsAndAnIdlePrimaryMakesNone) {
  const absl::Time begin = absl::Now();
  Pause({1});
  absl::Duration last;
  int64_t last_bytes = 0;
  for (const absl::Duration lag :
       {absl::Seconds(1), absl::Seconds(2), absl::Seconds(3)}) {
    ASSERT_TRUE(Await(absl::Seconds(20), [&] { return LagOf(1) >= lag; }));
    const v1::ClusterTopology topology = TopologyOf();
    EXPECT_GT(FromProto(topology.nodes(1).lag()), last);
    EXPECT_GT(topology.nodes(1).lag_bytes(), last_bytes);
    EXPECT_LT(FromProto(topology.nodes(1).lag()),
              absl::Now() - begin + absl::Seconds(2));
    EXPECT_LT(FromProto(topology.nodes(2).lag()), absl::Seconds(1));
    last = FromProto(topology.nodes(1).lag());
    last_bytes = topology.nodes(1).lag_bytes();
  }
  Resume({1});
  EXPECT_TRUE(Await(absl::Seconds(20), [&] {
    const v1::ClusterTopology topology = TopologyOf();
    return FromProto(topology.nodes(1).lag()) < absl::Seconds(1) &&
           topology.nodes(1).lag_bytes() < last_bytes / 4;
  }));
  CheckLedgerAt(0, {begin, absl::Now()});

  // Nobody writes any more.
  ASSERT_TRUE(Await(absl::Seconds(20), [&] {
    const v1::ClusterTopology topology = TopologyOf();
    return topology.nodes(1).lag_bytes() == 0 &&
           topology.nodes(2).lag_bytes() == 0;
  }));
  ReadCrowd bounded(stack_->client_options(),
                    MakeRead(kReadBeat, AtMost(absl::Seconds(2))), 1);
  const absl::Time idle = absl::Now();
  while (absl::Now() < idle + absl::Seconds(4)) {
    const v1::ClusterTopology topology = TopologyOf();
    for (const int replica : {1, 2}) {
      EXPECT_TRUE(topology.nodes(replica).has_lag());
      EXPECT_LT(FromProto(topology.nodes(replica).lag()), absl::Seconds(1));
    }
  }
  bounded.Stop();
  ExpectAllGave(bounded.records(), "0");
  EXPECT_EQ(CountByNode(bounded.records()).count("n0"), 0);
}

TEST_F(ReplicaLagTest, ThePrimaryTakesOnlySoManyReadsOfLateReplicas) {
  constexpr absl::Duration kBound = absl::Seconds(1);
  const v1::QueryRequest slow =
      MakeRead("SELECT (pg_sleep(0.2)::text || beat)::int8 FROM heartbeat",
               AtMost(kBound));
  v1::QueryRequest strong = slow;
  *strong.mutable_options()->mutable_consistency() = Strong();
  const absl::Time begin = absl::Now();
  Pause({1, 2});
  // Beyond it by then, whenever they were asked last.
  ASSERT_TRUE(AwaitLate(2 * kBound));

  const absl::Time since = absl::Now();
  ReadCrowd spilled(stack_->client_options(), slow, 3 * kSpilledReads);
  ReadCrowd strong_ones(stack_->client_options(), strong, 1);
  ASSERT_TRUE(Await(absl::Seconds(30), [&] {
    return CountByNode(spilled.records())["n0"] >= 5 * kSpilledReads;
  }));
  const double rounds =
      (absl::Now() - since - kReplicaWait) / absl::Milliseconds(200);
  Resume({1, 2});
  ASSERT_TRUE(spilled.AwaitServedBy("n1", 1));
  const absl::Time end = absl::Now();
  spilled.Stop();
  strong_ones.Stop();
  int64_t refused = 0;
  for (const ReadCrowd::Record& read : spilled.records()) {
    if (read.status.ok()) continue;
    ++refused;
    EXPECT_THAT(read.status, FailsWith(Code::RESOURCE_EXHAUSTED,
                                       v1::ERROR_REASON_QUEUE_FULL));
    EXPECT_LT(read.end - read.start, 2 * kReplicaWait);
  }
  const int64_t taken = CountByNode(spilled.records())["n0"];
  std::cout << taken << " reads on the primary, " << refused << " refused"
            << std::endl;
  EXPECT_GT(refused, 0);
  EXPECT_LE(static_cast<double>(taken),
            static_cast<double>(kSpilledReads) * (rounds + 2));
  // Those that ask for it are none of them.
  ExpectAllGave(strong_ones.records(), "0");
  EXPECT_GT(strong_ones.count(), 0);
  CheckLedgerAt(0, {begin, end});
}

}  // namespace
}  // namespace sluice::testing

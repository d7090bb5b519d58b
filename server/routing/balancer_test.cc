// Tests how reads spread over nodes, in virtual time.

#include "server/routing/balancer.h"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int kReads = 20'000;

// Callers that read one after the other, without a pause, from nodes whose
// answers take a random time: a logarithmic normal distribution, and every
// hundredth takes fifty times as long.
class SimulatedCluster {
 public:
  SimulatedCluster(size_t nodes, int callers, unsigned seed)
      : balancer_(seed), random_(seed), callers_(callers) {
    for (size_t i = 0; i < nodes; ++i) AddNode();
  }

  void AddNode() {
    loads_.push_back(std::make_unique<NodeLoad>(topology::NodeAddress{
        absl::StrCat("node", loads_.size()), "10.0.0.1", 5432}));
    medians_.push_back(milliseconds(1));
  }
  void SetMedian(size_t node, nanoseconds median) { medians_[node] = median; }

  // How many of the next `count` reads each node gets.
  std::vector<int> Read(int count) {
    std::vector<int> shares(loads_.size());
    while (count > 0) {
      if (static_cast<int>(answers_.size()) < callers_) {
        ++shares[Send()];
        --count;
      } else {
        TakeAnswer();
      }
    }
    return shares;
  }
  // Until so much time has passed.
  void ReadFor(nanoseconds time) {
    const SteadyTime end = now_ + time;
    while (now_ < end) Read(1);
  }
  void Pause(nanoseconds time) {
    while (!answers_.empty()) TakeAnswer();
    now_ += time;
  }
  int in_flight(size_t node) const { return loads_[node]->in_flight(); }

 private:
  struct Answer {
    bool operator>(const Answer& other) const { return at > other.at; }
    SteadyTime at;
    SteadyTime sent_at;
    size_t node;
  };

  size_t Send() {
    std::vector<const NodeLoad*> nodes;
    for (const auto& load : loads_) nodes.push_back(load.get());
    const size_t node = balancer_.Choose(nodes, now_);
    loads_[node]->Begin(WorkKind::kRead);
    answers_.push({now_ + Latency(node), now_, node});
    return node;
  }
  void TakeAnswer() {
    const Answer answer = answers_.top();
    answers_.pop();
    now_ = answer.at;
    loads_[answer.node]->End(WorkKind::kRead);
    loads_[answer.node]->NoteLatency(absl::FromChrono(now_ - answer.sent_at),
                                     now_);
  }
  nanoseconds Latency(size_t node) {
    std::lognormal_distribution<double> spread(0, 0.5);
    double factor = spread(random_);
    if (random_() % 100 == 0) factor *= 50;
    return nanoseconds(static_cast<int64_t>(
        factor * static_cast<double>(medians_[node].count())));
  }

  Balancer balancer_;
  std::mt19937 random_;
  const int callers_;
  std::vector<std::unique_ptr<NodeLoad>> loads_;
  std::vector<nanoseconds> medians_;
  std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
  SteadyTime now_ = SteadyTime() + std::chrono::hours(1);
};

double PercentOf(int part, int whole = kReads) { return 100.0 * part / whole; }

// By the number of callers.
class BalancerTest : public testing::TestWithParam<int> {
 protected:
  SimulatedCluster MakeCluster(size_t nodes) {
    return SimulatedCluster(nodes, GetParam(), seed_);
  }

  const unsigned seed_ = std::random_device{}();
  const testing::ScopedTrace trace_{__FILE__, __LINE__,
                                    absl::StrCat("seed ", seed_)};
};

INSTANTIATE_TEST_SUITE_P(Callers, BalancerTest, testing::Values(1, 4, 16, 128),
                         testing::PrintToStringParamName());

TEST_P(BalancerTest, EqualNodesGetSharesWithinFivePoints) {
  for (size_t nodes : {2, 3, 5}) {
    SimulatedCluster cluster = MakeCluster(nodes);
    const std::vector<int> shares = cluster.Read(kReads);
    for (int share : shares) {
      EXPECT_NEAR(PercentOf(share), 100.0 / static_cast<double>(nodes), 5)
          << nodes << " nodes";
    }
  }
}

TEST_P(BalancerTest, NodeThatIsTenTimesSlowerGetsUnderATenth) {
  for (size_t nodes : {2, 3}) {
    SimulatedCluster cluster = MakeCluster(nodes);
    cluster.SetMedian(1, milliseconds(10));
    const std::vector<int> shares = cluster.Read(kReads);
    EXPECT_LT(PercentOf(shares[1]), 10) << nodes << " nodes";
    EXPECT_GT(shares[1], 0) << nodes << " nodes";
  }
}

TEST_P(BalancerTest, NodeThatBecomesSlowLosesItsReadsAtOnce) {
  SimulatedCluster cluster = MakeCluster(2);
  cluster.Read(kReads);
  cluster.SetMedian(0, milliseconds(10));
  const std::vector<int> shares = cluster.Read(kReads);
  EXPECT_LT(PercentOf(shares[0]), 10);
}

TEST_P(BalancerTest, NodeThatIsFastAgainGetsItsShareBackWithinHalfAMinute) {
  SimulatedCluster cluster = MakeCluster(2);
  cluster.SetMedian(1, milliseconds(10));
  cluster.Read(kReads);
  cluster.SetMedian(1, milliseconds(1));
  cluster.ReadFor(std::chrono::seconds(30));
  const std::vector<int> shares = cluster.Read(kReads);
  EXPECT_GT(PercentOf(shares[1]), 45);
}

TEST_P(BalancerTest, SlowNodeIsTriedNowAndThen) {
  SimulatedCluster cluster = MakeCluster(2);
  cluster.SetMedian(1, milliseconds(10));
  cluster.ReadFor(std::chrono::seconds(10));
  int tries = 0;
  for (int i = 0; i < 60; ++i) tries += cluster.Read(1000)[1];
  EXPECT_GT(tries, 0);
}

TEST_P(BalancerTest, NewNodeGetsItsShareAndNoFlood) {
  SimulatedCluster cluster = MakeCluster(2);
  cluster.Read(kReads);
  cluster.AddNode();
  std::vector<int> shares = cluster.Read(GetParam());
  EXPECT_LE(cluster.in_flight(2), 1 + GetParam() / 2);
  shares = cluster.Read(kReads);
  EXPECT_NEAR(PercentOf(shares[2]), 33.3, 5);
}

TEST_P(BalancerTest, AfterANightAllNodesAreEqualAgain) {
  SimulatedCluster cluster = MakeCluster(2);
  cluster.SetMedian(1, milliseconds(10));
  cluster.Read(1000);
  cluster.Pause(std::chrono::hours(8));
  cluster.SetMedian(1, milliseconds(1));
  const std::vector<int> shares = cluster.Read(kReads);
  EXPECT_NEAR(PercentOf(shares[1]), 50, 5);
}

// It answers nothing, and nothing is known of it but what it was sent.
TEST(BalancerHangTest, NodeThatHangsGetsFewReads) {
  NodeLoad hung({"hung", "10.0.0.1", 5432});
  NodeLoad well({"well", "10.0.0.2", 5432});
  Balancer balancer(1);
  SteadyTime now = SteadyTime() + std::chrono::hours(1);
  const std::vector<const NodeLoad*> nodes = {&hung, &well};
  for (int i = 0; i < 1000; ++i) {
    now += milliseconds(1);
    if (balancer.Choose(nodes, now) == 0) {
      hung.Begin(WorkKind::kRead);
    } else {
      well.NoteLatency(absl::Milliseconds(1), now);
    }
  }
  EXPECT_LE(hung.in_flight(), 5);
}

}  // namespace
}  // namespace sluice::routing

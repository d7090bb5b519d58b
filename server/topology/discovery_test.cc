// StaticDiscovery, and SourceDiscovery on a source of the test's own.

#include "server/topology/discovery.h"

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/event_loop.h"
#include "server/base/node_name.h"
#include "server/topology/source_discovery.h"

namespace sluice::topology {
namespace {

using testing::ElementsAre;
using Nodes = std::vector<NodeAddress>;

config::v1::Discovery ListOf(
    const std::vector<std::pair<std::string, std::string>>& nodes) {
  config::v1::Discovery settings;
  for (const auto& [name, host] : nodes) {
    config::v1::StaticNode& node = *settings.mutable_static_()->add_nodes();
    node.set_name(name);
    node.set_host(host);
    node.set_port(5432);
  }
  return settings;
}

TEST(StaticDiscoveryTest, TellsItsNodesFromStartWithGivenOrMadeNames) {
  EventLoop loop("test");
  const auto discovery = MakeDiscovery(
      loop, "c", ListOf({{"", "DB2.example."}, {"a", "FD00::0:1"}}),
      kMaxNodeNameBytes);
  Nodes told;
  discovery->Start([&](Nodes nodes) { told = std::move(nodes); });
  EXPECT_THAT(
      told, ElementsAre(NodeAddress{"a", "fd00::1", 5432},
                        NodeAddress{"db2.example_5432", "db2.example", 5432}));
  EXPECT_EQ(discovery->fault(), "");
}

TEST(StaticDiscoveryTest, TellsNothingWhereAMadeNameIsTakenAlready) {
  EventLoop loop("test");
  const auto discovery = MakeDiscovery(
      loop, "c", ListOf({{"", "a"}, {"a_5432", "b"}}), kMaxNodeNameBytes);
  discovery->Start([](const Nodes&) { FAIL(); });
  EXPECT_EQ(discovery->fault(), "two nodes have the name a_5432");
}

// Gives answers in turn, and then waits.
class ListedAnswers final : public NodeSource {
 public:
  explicit ListedAnswers(std::vector<absl::StatusOr<Nodes>> answers)
      : answers_(std::move(answers)) {}

  SourceAnswer Ask(const StopSignal& stop) override {
    if (next_ < answers_.size()) {
      return {answers_[next_++], absl::ZeroDuration()};
    }
    stop.WaitFor(absl::Hours(1));
    return {Nodes{{"late", "late", 1}}, absl::ZeroDuration()};
  }

 private:
  const std::vector<absl::StatusOr<Nodes>> answers_;
  size_t next_ = 0;
};

class SourceDiscoveryTest : public testing::Test {
 protected:
  void Start(std::vector<absl::StatusOr<Nodes>> answers) {
    RunOnLoop([&] {
      discovery_ = std::make_unique<SourceDiscovery>(
          loop_, "c", std::make_unique<ListedAnswers>(std::move(answers)),
          kMaxNodeNameBytes);
      discovery_->Start([this](Nodes nodes) {
        EXPECT_TRUE(loop_.OnThread());
        absl::MutexLock lock(&mutex_);
        told_.push_back(std::move(nodes));
      });
    });
  }

  void AwaitTold(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return told_.size() >= count; };
    EXPECT_TRUE(
        mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10)));
  }

  void Stop() {
    std::promise<void> stopped;
    loop_.Post([&] { Spawn(StopOnLoop(stopped)); });
    stopped.get_future().wait();
  }

  Task<void> StopOnLoop(std::promise<void>& stopped) {
    Task<void> stop = discovery_->Stop();
    co_await std::move(stop);
    discovery_ = nullptr;
    stopped.set_value();
  }

  template <typename Work>
  void RunOnLoop(const Work& work) {
    std::promise<void> done;
    loop_.Post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  EventLoop loop_{"test"};
  std::unique_ptr<SourceDiscovery> discovery_;
  absl::Mutex mutex_;
  std::vector<Nodes> told_;
};

TEST_F(SourceDiscoveryTest, TellsWhatChangesAndKeepsTheLastGoodOne) {
  const Nodes one = {{"a", "a", 1}};
  const Nodes two = {{"a", "a", 1}, {"b", "b", 1}};
  Start({one, one, absl::UnavailableError("x"), Nodes(), one, two});
  AwaitTold(2);
  Stop();
  EXPECT_THAT(told_, ElementsAre(one, two));
}

TEST_F(SourceDiscoveryTest, StopEndsTheAskingAndNothingIsToldAfter) {
  Start({Nodes{{"a", "a", 1}}});
  AwaitTold(1);
  Stop();
  EXPECT_EQ(told_.size(), 1);
}

TEST_F(SourceDiscoveryTest, FaultIsThatOfTheLastAnswer) {
  Start({absl::UnavailableError("x"), Nodes{{"a", "a", 1}},
         absl::UnavailableError("y")});
  AwaitTold(1);
  const absl::Time limit = absl::Now() + absl::Seconds(10);
  while (discovery_->fault() != "y" && absl::Now() < limit) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(discovery_->fault(), "y");
  Stop();
}

TEST_F(SourceDiscoveryTest, CanBeDestroyedWithItsLoop) {
  Start({Nodes{{"a", "a", 1}}});
  AwaitTold(1);
  loop_.Stop();
  discovery_ = nullptr;
}

}  // namespace
}  // namespace sluice::topology

// DiscoveryWatch: a discovery that runs, and what it has told.

#ifndef SLUICE_TESTS_INTEGRATION_DISCOVERY_WATCH_H_
#define SLUICE_TESTS_INTEGRATION_DISCOVERY_WATCH_H_

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/base/node_name.h"
#include "server/base/task.h"
#include "server/topology/discovery.h"
#include "sluice/config/v1/config.pb.h"
#include "tests/support/await.h"

namespace sluice::testing {

class DiscoveryWatch {
 public:
  // Hosts with ports, sorted as the names of the nodes are.
  using Nodes = std::vector<std::string>;

  explicit DiscoveryWatch(const config::v1::Discovery& settings) {
    RunOnLoop([&] {
      discovery_ =
          topology::MakeDiscovery(loop_, "main", settings, kMaxNodeNameBytes);
      discovery_->Start([this](std::vector<topology::NodeAddress> nodes) {
        absl::MutexLock lock(&mutex_);
        told_.push_back(TextsOf(nodes));
      });
    });
  }
  ~DiscoveryWatch() { Stop(); }
  DiscoveryWatch(const DiscoveryWatch&) = delete;

  // Idempotent.
  void Stop() {
    if (discovery_ == nullptr) return;
    std::promise<void> stopped;
    loop_.Post([&] { Spawn(StopOnLoop(stopped)); });
    stopped.get_future().wait();
  }

  bool AwaitNodes(const Nodes& nodes) {
    return Await(kLimit, [&] { return this->nodes() == nodes; });
  }
  // That the last answer was not taken, because of that.
  bool AwaitFault(absl::string_view fault) {
    return Await(kLimit,
                 [&] { return absl::StrContains(this->fault(), fault); });
  }
  // That the last answer was good.
  bool AwaitGood() {
    return Await(kLimit, [&] { return fault().empty(); });
  }

  // As they were told last.
  Nodes nodes() const {
    absl::MutexLock lock(&mutex_);
    return told_.empty() ? Nodes() : told_.back();
  }
  std::vector<Nodes> told() const {
    absl::MutexLock lock(&mutex_);
    return told_;
  }
  std::string fault() { return discovery_->fault(); }

 private:
  static constexpr absl::Duration kLimit = absl::Seconds(20);

  static Nodes TextsOf(const std::vector<topology::NodeAddress>& nodes) {
    Nodes texts;
    for (const topology::NodeAddress& node : nodes) {
      texts.push_back(absl::StrCat(node.host, ":", node.port));
    }
    return texts;
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

  Task<void> StopOnLoop(std::promise<void>& stopped) {
    Task<void> stop = discovery_->Stop();
    co_await std::move(stop);
    discovery_ = nullptr;
    stopped.set_value();
  }

  EventLoop loop_{"discovery"};
  std::unique_ptr<topology::Discovery> discovery_;
  mutable absl::Mutex mutex_;
  std::vector<Nodes> told_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_DISCOVERY_WATCH_H_

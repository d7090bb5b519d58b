#include "server/topology/cluster_watch.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "server/base/proto_duration.h"
#include "server/base/snapshot.h"
#include "server/topology/discovery.h"
#include "server/topology/node_prober.h"
#include "server/topology/topology_judge.h"
#include "server/topology/topology_log.h"

namespace sluice::topology {
namespace {

// While nobody takes writes, nodes are asked so often.
constexpr absl::Duration kHuntInterval = absl::Milliseconds(100);
constexpr absl::Duration kFirstPrimaryInterval = absl::Milliseconds(5);

JudgeSettings JudgeSettingsOf(const config::v1::Cluster& settings) {
  JudgeSettings judge;
  judge.cluster = settings.name();
  judge.system_identifier = settings.system_identifier();
  judge.max_missed_probes = static_cast<int>(settings.max_missed_probes());
  judge.min_streaming_standbys =
      static_cast<int>(settings.min_streaming_standbys());
  return judge;
}

}  // namespace

class ClusterWatch::State {
 public:
  State(EventLoop& loop, const config::v1::Cluster& settings,
        size_t max_name_bytes, const postgres::ConnectionSettings& backend,
        Listener listener);

  void Start();
  Task<void> Stop();
  std::shared_ptr<const Topology> Get() const { return topology_.Get(); }
  std::string discovery_fault() const { return discovery_->fault(); }
  void Suspect(const std::string& node, Suspicion suspicion);

 private:
  void SetNodes(const std::vector<NodeAddress>& nodes);
  std::unique_ptr<NodeProber> MakeProber(const NodeAddress& node);
  void Retire(std::unique_ptr<NodeProber> prober);
  void Publish();
  void SetPace();

  struct Probed {
    NodeAddress address;
    std::unique_ptr<NodeProber> prober;
  };

  EventLoop& loop_;
  const config::v1::Cluster settings_;
  const postgres::ConnectionSettings backend_;
  const Listener listener_;
  const absl::Duration interval_;
  const absl::Duration timeout_;
  const std::unique_ptr<Discovery> discovery_;
  TopologyJudge judge_;
  std::map<std::string, Probed> probed_;
  // Of nodes that were removed, until they have ended.
  std::vector<std::unique_ptr<NodeProber>> retired_;
  Snapshot<Topology> topology_;
  bool stopping_ = false;
};

ClusterWatch::State::State(EventLoop& loop, const config::v1::Cluster& settings,
                           size_t max_name_bytes,
                           const postgres::ConnectionSettings& backend,
                           Listener listener)
    : loop_(loop),
      settings_(settings),
      backend_(backend),
      listener_(std::move(listener)),
      interval_(FromProto(settings.probe_interval())),
      timeout_(FromProto(settings.probe_timeout())),
      discovery_(MakeDiscovery(loop, settings_.name(), settings_.discovery(),
                               max_name_bytes)),
      judge_(JudgeSettingsOf(settings)),
      topology_(std::make_shared<const Topology>(judge_.Judge(SteadyNow()))) {}

void ClusterWatch::State::Start() {
  discovery_->Start(
      [this](const std::vector<NodeAddress>& nodes) { SetNodes(nodes); });
}

Task<void> ClusterWatch::State::Stop() {
  stopping_ = true;
  Task<void> ending = discovery_->Stop();
  co_await std::move(ending);
  for (auto& [name, probed] : probed_) Retire(std::move(probed.prober));
  probed_.clear();
  for (const std::unique_ptr<NodeProber>& prober : retired_) {
    Task<void> stopping = prober->Stop();
    co_await std::move(stopping);
  }
}

void ClusterWatch::State::SetNodes(const std::vector<NodeAddress>& nodes) {
  if (stopping_) return;
  std::map<std::string, Probed> kept;
  std::vector<NodeProber*> fresh;
  for (const NodeAddress& node : nodes) {
    const auto found = probed_.find(node.name);
    if (found != probed_.end() && found->second.address == node) {
      kept.insert(probed_.extract(found));
    } else {
      std::unique_ptr<NodeProber> prober = MakeProber(node);
      fresh.push_back(prober.get());
      kept.emplace(node.name, Probed{node, std::move(prober)});
    }
  }
  probed_.swap(kept);
  for (auto& [name, gone] : kept) Retire(std::move(gone.prober));
  judge_.SetNodes(nodes);
  Publish();
  for (NodeProber* prober : fresh) prober->Start();
}

std::unique_ptr<NodeProber> ClusterWatch::State::MakeProber(
    const NodeAddress& node) {
  postgres::ConnectionSettings entry = backend_;
  entry.database =
      absl::StrReplaceAll(settings_.probe_entry(), {{"{node}", node.name}});
  return std::make_unique<NodeProber>(
      loop_, entry, NodeProber::Pace{interval_, timeout_},
      [this, name = node.name](const ProbeResult& result) {
        judge_.Note(name, result);
        Publish();
      });
}

void ClusterWatch::State::Retire(std::unique_ptr<NodeProber> prober) {
  const auto ended = [](const std::unique_ptr<NodeProber>& one) {
    return one->ended();
  };
  retired_.erase(std::remove_if(retired_.begin(), retired_.end(), ended),
                 retired_.end());
  prober->Cease();
  retired_.push_back(std::move(prober));
}

void ClusterWatch::State::Publish() {
  const std::shared_ptr<const Topology> before = topology_.Get();
  const auto after =
      std::make_shared<const Topology>(judge_.Judge(SteadyNow()));
  topology_.Set(after);
  LogChanges(*before, *after);
  listener_(after);
  // Last: a prober that wakes may publish before this returns.
  SetPace();
}

void ClusterWatch::State::SetPace() {
  const bool hunts = topology_.Get()->primary() == nullptr;
  const absl::Duration interval =
      hunts ? std::min(interval_, kHuntInterval) : interval_;
  for (auto& [name, probed] : probed_) probed.prober->SetInterval(interval);
}

// A primary that has become a standby has made room for another one.
void ClusterWatch::State::Suspect(const std::string& node,
                                  Suspicion suspicion) {
  for (auto& [name, probed] : probed_) {
    if (name == node || suspicion == Suspicion::kReadOnly) {
      probed.prober->Hurry();
    }
  }
}

ClusterWatch::ClusterWatch(EventLoop& loop, const config::v1::Cluster& settings,
                           size_t max_name_bytes,
                           const postgres::ConnectionSettings& backend,
                           Listener listener)
    : loop_(loop),
      state_(std::make_shared<State>(loop, settings, max_name_bytes, backend,
                                     std::move(listener))) {}

ClusterWatch::~ClusterWatch() = default;

void ClusterWatch::Start() { state_->Start(); }

Task<void> ClusterWatch::Stop() { return state_->Stop(); }

std::shared_ptr<const Topology> ClusterWatch::Get() const {
  return state_->Get();
}

std::string ClusterWatch::discovery_fault() const {
  return state_->discovery_fault();
}

void ClusterWatch::Suspect(absl::string_view node, Suspicion suspicion) {
  std::weak_ptr<State> state = state_;
  loop_.Post([state, node = std::string(node), suspicion] {
    if (const std::shared_ptr<State> there = state.lock()) {
      there->Suspect(node, suspicion);
    }
  });
}

void ClusterWatch::AwaitPrimary(absl::Duration limit) const {
  const Deadline deadline = Deadline::In(limit);
  while (Get()->primary() == nullptr && !deadline.Expired()) {
    absl::SleepFor(kFirstPrimaryInterval);
  }
}

}  // namespace sluice::topology

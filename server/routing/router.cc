#include "server/routing/router.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/error.h"
#include "server/routing/read_fit.h"

namespace sluice::routing {
namespace {

using topology::Node;
using topology::NodeRole;
using topology::NodeState;
using topology::Topology;

using Wait = AskPace::Wait;

absl::Status Unavailable(absl::string_view message,
                         absl::string_view phase = "queue") {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_BACKEND_UNAVAILABLE, message,
                   {{"executed", "no"}, {"phase", std::string(phase)}});
}

absl::Status QueueFull(absl::string_view message) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   v1::ERROR_REASON_QUEUE_FULL, message,
                   {{"executed", "no"}, {"phase", "queue"}});
}

absl::Status TooManyWaiters(size_t limit) {
  return QueueFull(
      absl::StrCat("already ", limit, " calls wait for a node of the cluster"));
}

SteadyTime After(SteadyTime time, absl::Duration wait) {
  return time + absl::ToChronoNanoseconds(wait);
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

struct Router::Read {
  Read(const ReadNeed& need, const std::vector<std::string>& tried,
       SteadyTime answered_after)
      : need(need), tried(tried), answered_after(answered_after) {}
  Read(const Read&) = delete;

  bool is_strong() const { return need.level == ReadNeed::Level::kStrong; }

  const ReadNeed& need;
  const std::vector<std::string>& tried;
  const SteadyTime answered_after;
  const SteadyTime begun_at = SteadyNow();
};

struct Router::Replicas {
  // Those that satisfy the read.
  Indexes fresh;
  // Those that would, but for being ejected.
  Indexes ejected;
  // Whether another one may come to satisfy it.
  bool may_come = false;
};

Router::Router(EventLoop& loop, const RouterSettings& settings, Asker asker)
    : settings_(settings),
      asker_(std::move(asker)),
      balancer_(std::random_device{}()),
      topology_(std::make_shared<const Topology>()),
      ask_pace_(loop, [this] { return AskNodes(); }),
      reads_(loop, ask_pace_, NewsQueue::Hurry::kEach),
      strong_reads_(loop, ask_pace_, NewsQueue::Hurry::kFirst),
      writes_(loop, ask_pace_, NewsQueue::Hurry::kFirst),
      commits_(loop, ask_pace_, NewsQueue::Hurry::kFirst),
      hold_end_(loop) {}

Router::~Router() = default;

void Router::Update(std::shared_ptr<const Topology> topology) {
  std::vector<std::shared_ptr<NodeLoad>> loads;
  loads.reserve(topology->nodes.size());
  size_t old = 0;
  for (const Node& node : topology->nodes) {
    const std::vector<Node>& old_nodes = topology_->nodes;
    while (old < old_nodes.size() &&
           old_nodes[old].address.name < node.address.name) {
      ++old;
    }
    if (old < old_nodes.size() && old_nodes[old].address == node.address) {
      loads.push_back(loads_[old]);
      if (old_nodes[old].state != NodeState::kUp &&
          node.state == NodeState::kUp) {
        loads.back()->Renew();
      }
    } else {
      loads.push_back(std::make_shared<NodeLoad>(node.address));
    }
  }
  loads_ = std::move(loads);
  topology_ = std::move(topology);
  reads_.WakeAll();
  commits_.WakeAll();
  WakeForPrimary();
}

Task<absl::StatusOr<Route>> Router::RouteRead(
    const ReadNeed& need, const std::vector<std::string>& tried,
    Cancellation& cancellation, SteadyTime answered_after) {
  const Read read(need, tried, answered_after);
  NewsQueue& queue = read.is_strong() ? strong_reads_ : reads_;
  SteadyTime now = read.begun_at;
  Wait wait = Wait::kBegins;
  for (;;) {
    if (cancellation.Requested()) {
      co_return CancellationError(cancellation.cause(), "queue");
    }
    Choice choice = ChooseForRead(read, now);
    if (choice.result.has_value()) {
      if (wait == Wait::kGoesOn && choice.result->ok()) {
        (*choice.result)->NoteWait();
      }
      co_return *std::move(choice.result);
    }
    if (waiting_reads() >= settings_.max_waiters) {
      co_return TooManyWaiters(settings_.max_waiters);
    }
    NewsQueue::WaitAwaiter news(queue, choice.wait_until, wait, cancellation);
    co_await news;
    wait = Wait::kGoesOn;
    now = SteadyNow();
  }
}

Task<absl::StatusOr<Route>> Router::RouteWrite(Cancellation& cancellation,
                                               SteadyTime answered_after) {
  const SteadyTime wait_until = After(SteadyNow(), settings_.max_write_wait);
  Wait wait = Wait::kBegins;
  for (;;) {
    if (cancellation.Requested()) {
      co_return CancellationError(cancellation.cause(), "queue");
    }
    if (!writes_held_ && FindPrimary(answered_after) != nullptr) {
      Route route = RouteToPrimary(WorkKind::kWrite);
      if (wait == Wait::kGoesOn) route.NoteWait();
      co_return std::move(route);
    }
    if (SteadyNow() >= wait_until) {
      co_return Unavailable(writes_held_ ? "an operator holds all writes"
                                         : "the cluster has no primary now");
    }
    if (writes_.size() >= settings_.max_waiters) {
      co_return TooManyWaiters(settings_.max_waiters);
    }
    NewsQueue::WaitAwaiter news(writes_, wait_until, wait, cancellation);
    co_await news;
    wait = Wait::kGoesOn;
  }
}

Router::Choice Router::ChooseForRead(const Read& read, SteadyTime now) {
  Replicas replicas;
  if (!read.is_strong()) replicas = LookAtReplicas(read, now);
  if (!replicas.fresh.empty()) return {RouteToReplica(replicas.fresh, now)};
  const SteadyTime replicas_until =
      After(read.begun_at, settings_.max_replica_wait);
  if (replicas.may_come && now < replicas_until) return {{}, replicas_until};

  if (FindPrimaryFor(read) != nullptr) {
    const WorkKind kind = KindOnPrimary(read);
    if (!IsAtCap(kind)) return {RouteToPrimary(kind)};
    if (replicas.ejected.empty()) {
      return {QueueFull(absl::StrCat(
          settings_.max_spilled_reads,
          " reads that no replica could take run on the primary already "
          "(clusters.max_spilled_reads)"))};
    }
  }
  // Better than nothing.
  if (!replicas.ejected.empty()) {
    return {RouteToReplica(replicas.ejected, now)};
  }
  const SteadyTime any_until = After(read.begun_at, settings_.max_write_wait);
  if (now < any_until && !IsNowhereLeft(read)) return {{}, any_until};
  return {Unavailable("no node of the cluster can take this read now")};
}

Router::Replicas Router::LookAtReplicas(const Read& read,
                                        SteadyTime now) const {
  Replicas replicas;
  bool is_any_well = false;
  for (size_t i = 0; i < loads_.size(); ++i) {
    const Node& node = topology_->nodes[i];
    if (node.state != NodeState::kUp || node.role != NodeRole::kReplica) {
      continue;
    }
    const bool is_well = loads_[i]->TakesRead(now);
    is_any_well |= is_well;
    if (Contains(read.tried, node.address.name)) continue;
    const ReadFit fit = FitOfReplica(read.need, *topology_, node, now);
    if (fit == ReadFit::kFresh) {
      (is_well ? replicas.fresh : replicas.ejected).push_back(i);
    } else if (fit == ReadFit::kNotYet && is_well) {
      replicas.may_come = true;
    }
  }
  // Failures of all are more likely to be one of something that they share.
  if (!is_any_well) replicas.fresh.swap(replicas.ejected);
  return replicas;
}

Route Router::RouteToReplica(const Indexes& indexes, SteadyTime now) {
  absl::InlinedVector<const NodeLoad*, 8> loads;
  for (size_t index : indexes) loads.push_back(loads_[index].get());
  const size_t chosen = indexes[balancer_.Choose(loads, now)];
  return Route(loads_[chosen], loads_[chosen]->KindOfRead(now),
               NodeRole::kReplica, topology_->epoch,
               StalenessOf(topology_->nodes[chosen], now));
}

bool Router::StillFits(const ReadNeed& need, Route& route) const {
  if (route.is_on_primary()) {
    return need.level == ReadNeed::Level::kAny || IsCurrent(route.epoch());
  }
  const auto load = std::find(loads_.begin(), loads_.end(), route.load_);
  if (load == loads_.end()) return false;
  const Node& node =
      topology_->nodes[static_cast<size_t>(load - loads_.begin())];
  const SteadyTime now = SteadyNow();
  route.lag_ = StalenessOf(node, now);
  return need.level != ReadNeed::Level::kBounded ||
         FitOfReplica(need, *topology_, node, now) == ReadFit::kFresh;
}

bool Router::HasOldNews() const {
  return absl::FromChrono(SteadyNow() - topology_->known_at) >
         settings_.max_news_age;
}

const Node* Router::FindPrimary(SteadyTime answered_after) const {
  const Node* primary = topology_->primary();
  if (primary == nullptr || primary->state != NodeState::kUp || HasOldNews()) {
    return nullptr;
  }
  // What it says is as old as the question.
  const SteadyTime asked_at =
      primary->answered_at - absl::ToChronoNanoseconds(primary->round_trip);
  return asked_at > answered_after ? primary : nullptr;
}

const Node* Router::FindPrimaryFor(const Read& read) const {
  const Node* primary = FindPrimary(read.answered_after);
  if (primary == nullptr) return nullptr;
  if (FitOfPrimary(read.need, *primary) != ReadFit::kFresh) return nullptr;
  const bool is_tried =
      !read.is_strong() && Contains(read.tried, primary->address.name);
  return is_tried ? nullptr : primary;
}

Route Router::RouteToPrimary(WorkKind kind) const {
  return Route(loads_[*topology_->primary_index], kind, NodeRole::kPrimary,
               topology_->epoch, {});
}

WorkKind Router::KindOnPrimary(const Read& read) const {
  const bool is_of_another_cluster =
      read.need.level == ReadNeed::Level::kAtLeast &&
      read.need.token.system_identifier !=
          topology_->primary()->system_identifier;
  return read.is_strong() || is_of_another_cluster || loads_.size() == 1
             ? WorkKind::kRead
             : WorkKind::kSpilledRead;
}

bool Router::IsAtCap(WorkKind kind) const {
  const NodeLoad& primary = *loads_[*topology_->primary_index];
  return kind == WorkKind::kSpilledRead &&
         static_cast<size_t>(primary.in_flight(kind)) >=
             settings_.max_spilled_reads;
}

bool Router::IsNowhereLeft(const Read& read) const {
  if (read.is_strong() || loads_.empty()) return false;
  return std::all_of(loads_.begin(), loads_.end(), [&read](const auto& load) {
    return Contains(read.tried, load->address().name);
  });
}

bool Router::IsCurrent(uint64_t epoch) const {
  return epoch == topology_->epoch && topology_->primary() != nullptr &&
         !HasOldNews();
}

Task<absl::Status> Router::AwaitCurrent(uint64_t epoch,
                                        Cancellation& cancellation) {
  constexpr char kPhase[] = "execute";
  const SteadyTime wait_until = After(SteadyNow(), settings_.max_write_wait);
  Wait wait = Wait::kBegins;
  for (;;) {
    if (IsCurrent(epoch)) co_return absl::OkStatus();
    if (cancellation.Requested()) {
      co_return CancellationError(cancellation.cause(), kPhase);
    }
    if (epoch != topology_->epoch) {
      co_return Unavailable("another primary has come before the commit",
                            kPhase);
    }
    if (SteadyNow() >= wait_until) {
      co_return Unavailable("the cluster has no primary to commit on now",
                            kPhase);
    }
    NewsQueue::WaitAwaiter news(commits_, wait_until, wait, cancellation);
    co_await news;
    wait = Wait::kGoesOn;
  }
}

bool Router::IsCutOff() const {
  const auto is_unreachable = [](const Node& node) {
    return node.state == NodeState::kUnreachable;
  };
  const std::vector<Node>& nodes = topology_->nodes;
  return HasOldNews() &&
         std::all_of(nodes.begin(), nodes.end(), is_unreachable);
}

void Router::HoldWrites(absl::Duration limit) {
  writes_held_ = true;
  hold_end_.Start(Deadline::In(limit), [this] { ReleaseWrites(); });
}

void Router::ReleaseWrites() {
  writes_held_ = false;
  hold_end_.Stop();
  WakeForPrimary();
}

void Router::WakeForPrimary() {
  if (FindPrimary(SteadyTime::min()) == nullptr) return;
  strong_reads_.WakeAll();
  if (!writes_held_) writes_.WakeAll();
}

bool Router::AskNodes() {
  if (asker_ == nullptr ||
      (waiting_reads() == 0 && writes_.empty() && commits_.empty())) {
    return false;
  }
  const bool asks_all = HasOldNews();
  for (const Node& node : topology_->nodes) {
    if (asks_all || node.state == NodeState::kUp) asker_(node.address.name);
  }
  return true;
}

std::vector<NodeUse> Router::ListNodes() const {
  const SteadyTime now = SteadyNow();
  std::vector<NodeUse> uses;
  for (const std::shared_ptr<NodeLoad>& load : loads_) {
    NodeUse use;
    use.node = load->address().name;
    use.in_flight = load->in_flight();
    use.writes = load->in_flight(WorkKind::kWrite);
    use.spilled_reads = load->in_flight(WorkKind::kSpilledRead);
    if (const std::optional<double> nanos = load->LatencyNanos(now)) {
      use.latency = absl::Nanoseconds(*nanos);
    }
    use.is_ejected = load->IsEjected(now);
    uses.push_back(std::move(use));
  }
  return uses;
}

}  // namespace sluice::routing

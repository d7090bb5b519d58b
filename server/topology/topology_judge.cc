#include "server/topology/topology_judge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::topology {

TopologyJudge::TopologyJudge(const JudgeSettings& settings)
    : settings_(settings),
      system_identifier_(settings.system_identifier),
      fault_("no node is known") {}

TopologyJudge::Record* TopologyJudge::Find(absl::string_view name) {
  const auto found = std::find_if(
      records_.begin(), records_.end(),
      [name](const Record& one) { return one.node.address.name == name; });
  return found == records_.end() ? nullptr : &*found;
}

void TopologyJudge::SetNodes(const std::vector<NodeAddress>& nodes) {
  std::vector<Record> records;
  for (const NodeAddress& address : nodes) {
    const Record* known = Find(address.name);
    if (known != nullptr && known->node.address == address) {
      records.push_back(*known);
    } else {
      records.emplace_back().node.address = address;
    }
  }
  std::sort(records.begin(), records.end(),
            [](const Record& left, const Record& right) {
              return left.node.address.name < right.node.address.name;
            });
  records_ = std::move(records);
  Decide();
}

void TopologyJudge::Note(absl::string_view name, const ProbeResult& result) {
  Record* record = Find(name);
  if (record == nullptr) return;
  NotePooler(result);
  if (WasAsked(result)) {
    record->asked = true;
    record->tried_at = result.asked_at;
  }
  if (result.outcome == ProbeResult::Outcome::kAnswered) {
    NoteAnswer(*record, result);
  } else {
    NoteSilence(*record, result);
  }
  Decide();
}

// While the pooler is away there may come another primary: nobody counts as one
// until all nodes have been asked after that.
void TopologyJudge::NotePooler(const ProbeResult& result) {
  if (result.outcome == ProbeResult::Outcome::kPoolerDown) {
    pooler_down_ = true;
    awaits_all_ = true;
    for (Record& record : records_) record.asked = false;
  } else if (std::exchange(pooler_down_, false)) {
    pooler_back_at_ = result.ended_at;
  }
}

// A question that was asked while the pooler was away, and has no answer, has
// not got to the node.
bool TopologyJudge::WasAsked(const ProbeResult& result) const {
  using Outcome = ProbeResult::Outcome;
  if (result.outcome == Outcome::kPoolerDown) return false;
  return result.outcome == Outcome::kAnswered ||
         result.asked_at >= pooler_back_at_;
}

void TopologyJudge::NoteAnswer(Record& record, const ProbeResult& result) {
  Node& node = record.node;
  const NodeAnswer& answer = result.answer;
  // A node that went back has been made anew.
  if (answer.lsn < node.lsn || answer.role != node.role) {
    record.fresh_at = SteadyTime();
  }
  node.state = NodeState::kUp;
  node.role = answer.role;
  node.system_identifier = answer.system_identifier;
  node.timeline = answer.timeline;
  node.lsn = answer.lsn;
  node.streaming_standbys = answer.streaming_standbys;
  node.is_synchronous = answer.is_synchronous;
  node.max_connections = answer.max_connections;
  node.instances = answer.instances;
  node.answered_at = result.ended_at;
  node.round_trip = absl::FromChrono(result.ended_at - result.asked_at);
  node.fault = result.fault;
  record.asked_at = result.asked_at;
  record.answered = true;
  record.lives = true;
  record.misses = 0;
}

void TopologyJudge::NoteSilence(Record& record, const ProbeResult& result) {
  using Outcome = ProbeResult::Outcome;
  Node& node = record.node;
  if (result.outcome == Outcome::kNotAsked ||
      result.outcome == Outcome::kPoolerDown) {
    node.state = NodeState::kUnreachable;
  } else {
    ++record.misses;
    if (result.outcome == Outcome::kRefused ||
        record.misses >= settings_.max_missed_probes) {
      record.lives = false;
      node.state = NodeState::kDown;
    }
  }
  if (node.state != NodeState::kUp && node.state != NodeState::kForeign) {
    node.fault = result.fault;
  }
}

void TopologyJudge::Decide() {
  AdoptIdentity();
  MarkForeign();
  RaiseTimeline();
  const Record* primary = FindPrimary();
  reigns_ = primary != nullptr;
  if (primary != nullptr) Accept(*primary);
  for (Record& record : records_) NoteFreshness(record);
}

// That of the first primary, once all others have had the time to object.
void TopologyJudge::AdoptIdentity() {
  if (system_identifier_ != 0) return;
  uint64_t found = 0;
  for (const Record& record : records_) {
    if (!record.asked) return;
    if (!record.answered || record.node.role != NodeRole::kPrimary) continue;
    if (found != 0 && found != record.node.system_identifier) return;
    found = record.node.system_identifier;
  }
  system_identifier_ = found;
}

bool TopologyJudge::SeveralClustersAnswer() const {
  uint64_t found = 0;
  for (const Record& record : records_) {
    if (!record.answered) continue;
    if (found != 0 && found != record.node.system_identifier) return true;
    found = record.node.system_identifier;
  }
  return false;
}

// While nothing tells which of several clusters is meant, all are foreign.
void TopologyJudge::MarkForeign() {
  const bool is_unclear = system_identifier_ == 0 && SeveralClustersAnswer();
  for (Record& record : records_) {
    Node& node = record.node;
    if (node.state != NodeState::kUp && node.state != NodeState::kForeign) {
      continue;
    }
    if (is_unclear) {
      node.state = NodeState::kForeign;
      node.fault = "nodes of several clusters answer; set `system_identifier`";
    } else if (system_identifier_ != 0 &&
               node.system_identifier != system_identifier_) {
      node.state = NodeState::kForeign;
      node.fault =
          absl::StrCat("its system identifier is ", node.system_identifier,
                       ", the cluster's is ", system_identifier_);
    } else if (node.state == NodeState::kForeign) {
      node.state = NodeState::kUp;
      node.fault.clear();
    }
  }
}

// A standby's word counts as much as a primary's: that timeline has begun
// somewhere.
void TopologyJudge::RaiseTimeline() {
  if (system_identifier_ == 0) return;
  for (const Record& record : records_) {
    if (record.node.system_identifier != system_identifier_) continue;
    timeline_ = std::max(timeline_, record.node.timeline);
  }
}

const TopologyJudge::Record* TopologyJudge::FindPrimary() {
  const auto asked = [](const Record& record) { return record.asked; };
  if (std::all_of(records_.begin(), records_.end(), asked)) awaits_all_ = false;
  std::vector<const Record*> claimants;
  std::vector<std::string> names;
  for (const Record& record : records_) {
    if (!ClaimsPrimary(record)) continue;
    claimants.push_back(&record);
    names.push_back(record.node.address.name);
  }
  if (pooler_down_) {
    fault_ = "the pooler does not answer";
  } else if (awaits_all_) {
    fault_ = "not every node has been asked yet";
  } else if (claimants.empty()) {
    fault_ = WhyNobodyClaims();
  } else if (claimants.size() > 1) {
    fault_ =
        absl::StrCat(absl::StrJoin(names, " and "),
                     " each claim to be the primary on timeline ", timeline_);
  } else {
    fault_ = WhyNot(*claimants.front());
  }
  return fault_.empty() ? claimants.front() : nullptr;
}

// Whoever has said so is taken at its word until it says otherwise or is
// removed, also while it is silent.
bool TopologyJudge::ClaimsPrimary(const Record& record) const {
  return record.answered && record.node.role == NodeRole::kPrimary &&
         record.node.system_identifier == system_identifier_ &&
         record.node.timeline == timeline_;
}

std::string TopologyJudge::WhyNobodyClaims() const {
  if (records_.empty()) return "no node is known";
  for (const Record& record : records_) {
    const Node& node = record.node;
    if (!record.answered || node.role != NodeRole::kPrimary) continue;
    if (system_identifier_ == 0) {
      return "primaries of several clusters answer; set `system_identifier`";
    }
    if (node.system_identifier == system_identifier_) {
      return absl::StrCat(
          node.address.name, " claims to be the primary on timeline ",
          node.timeline, ", but timeline ", timeline_, " has begun");
    }
  }
  return "no node claims to be the primary";
}

std::string TopologyJudge::WhyNot(const Record& record) const {
  const Node& node = record.node;
  const std::string& name = node.address.name;
  if (!record.lives) {
    return absl::StrCat("the primary ", name, " is down");
  }
  // Of the one that reigns, nothing is known to the contrary.
  if (node.state == NodeState::kUnreachable &&
      reign_ != Reign{name, node.timeline}) {
    return absl::StrCat("the primary ", name, " cannot be asked");
  }
  if (node.streaming_standbys < settings_.min_streaming_standbys) {
    return absl::StrCat(node.streaming_standbys, " standbys stream from ", name,
                        ", ", settings_.min_streaming_standbys, " must");
  }
  return "";
}

void TopologyJudge::Accept(const Record& primary) {
  const Node& node = primary.node;
  const Reign reign = {node.address.name, node.timeline};
  if (reign != reign_) {
    reign_ = reign;
    ++epoch_;
    history_.Clear();
  }
  history_.Note(primary.asked_at, node.answered_at, node.lsn);
}

bool TopologyJudge::Follows(const Record& record) const {
  return record.answered && record.node.role == NodeRole::kReplica &&
         record.node.system_identifier == system_identifier_ &&
         record.node.timeline == reign_.timeline;
}

void TopologyJudge::NoteFreshness(Record& record) const {
  if (!Follows(record)) return;
  const std::optional<SteadyTime> fresh_at = history_.FreshAt(record.node.lsn);
  if (fresh_at.has_value()) {
    record.fresh_at = std::max(record.fresh_at, *fresh_at);
  }
}

std::optional<Lag> TopologyJudge::LagOf(const Record& record,
                                        SteadyTime now) const {
  if (!record.answered || record.node.role != NodeRole::kReplica ||
      !history_.newest_lsn().has_value()) {
    return std::nullopt;
  }
  // What the primary had when the replica was asked.
  const uint64_t target =
      history_.LsnAt(record.asked_at).value_or(*history_.newest_lsn());
  const uint64_t lsn = record.node.lsn;
  Lag lag;
  lag.bytes = target > lsn ? static_cast<int64_t>(target - lsn) : 0;
  lag.fresh_at = record.fresh_at;
  if (record.fresh_at == SteadyTime()) {
    lag.time = absl::InfiniteDuration();
  } else if (!reigns_ || lag.bytes > 0 || !Follows(record)) {
    lag.time = absl::FromChrono(now - record.fresh_at);
  }
  return lag;
}

SteadyTime TopologyJudge::KnownAt() const {
  SteadyTime known_at = SteadyTime::max();
  for (const Record& record : records_) {
    if (record.tried_at != SteadyTime()) {
      known_at = std::min(known_at, record.tried_at);
    }
  }
  return known_at == SteadyTime::max() ? SteadyTime() : known_at;
}

Topology TopologyJudge::Judge(SteadyTime now) const {
  Topology topology;
  topology.cluster = settings_.cluster;
  topology.epoch = epoch_;
  topology.timeline = timeline_;
  topology.system_identifier = system_identifier_;
  topology.known_at = KnownAt();
  topology.fault = fault_;
  for (const Record& record : records_) {
    if (reigns_ && record.node.address.name == reign_.node) {
      topology.primary_index = topology.nodes.size();
    }
    Node& node = topology.nodes.emplace_back(record.node);
    node.lag = LagOf(record, now);
  }
  return topology;
}

}  // namespace sluice::topology

// TopologyJudge: decides from what nodes say of themselves what each of them is
// used for. docs/routing.md tells the rules.

#ifndef SLUICE_SERVER_TOPOLOGY_TOPOLOGY_JUDGE_H_
#define SLUICE_SERVER_TOPOLOGY_TOPOLOGY_JUDGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/base/deadline.h"
#include "server/topology/node_address.h"
#include "server/topology/probe_result.h"
#include "server/topology/topology.h"
#include "server/topology/wal_history.h"

namespace sluice::topology {

struct JudgeSettings {
  std::string cluster;
  // 0: that of the first primary.
  uint64_t system_identifier = 0;
  int max_missed_probes = 3;
  int min_streaming_standbys = 0;
};

// Knows no clock and asks nobody.
class TopologyJudge {
 public:
  explicit TopologyJudge(const JudgeSettings& settings);

  // The nodes from now on. One that is new, or has moved, is not known yet.
  void SetNodes(const std::vector<NodeAddress>& nodes);
  // What came of asking that node; of one that is not there any more: nothing.
  void Note(absl::string_view name, const ProbeResult& result);

  Topology Judge(SteadyTime now) const;

 private:
  struct Record {
    Node node;
    // Since the start, or since the pooler has come back.
    bool asked = false;
    bool answered = false;
    // By its last answer, and misses and refusals after it.
    bool lives = false;
    int misses = 0;
    // When it was asked last, and when its last answer was asked for.
    SteadyTime tried_at;
    SteadyTime asked_at;
    // Of a replica: it shows all that the primary had then.
    SteadyTime fresh_at;
  };
  // The primary of an epoch.
  struct Reign {
    bool operator==(const Reign&) const = default;
    std::string node;
    uint32_t timeline = 0;
  };

  Record* Find(absl::string_view name);
  void NoteAnswer(Record& record, const ProbeResult& result);
  void NoteSilence(Record& record, const ProbeResult& result);
  void NotePooler(const ProbeResult& result);
  // Whether the node has been asked by it, with an answer or without.
  bool WasAsked(const ProbeResult& result) const;

  // Makes of the records what Judge tells.
  void Decide();
  void AdoptIdentity();
  bool SeveralClustersAnswer() const;
  void MarkForeign();
  void RaiseTimeline();
  // Null for none: then `fault_` tells why.
  const Record* FindPrimary();
  bool ClaimsPrimary(const Record& record) const;
  std::string WhyNobodyClaims() const;
  // Why the only one that claims to take writes takes none; empty: it does.
  std::string WhyNot(const Record& record) const;
  void Accept(const Record& primary);
  void NoteFreshness(Record& record) const;

  // Whether its position is one in the history of the newest epoch.
  bool Follows(const Record& record) const;
  SteadyTime KnownAt() const;
  std::optional<Lag> LagOf(const Record& record, SteadyTime now) const;

  const JudgeSettings settings_;
  // Sorted by name.
  std::vector<Record> records_;
  uint64_t system_identifier_;
  uint32_t timeline_ = 0;
  uint64_t epoch_ = 0;
  // Of the newest epoch.
  Reign reign_;
  // Whether its primary takes writes now.
  bool reigns_ = false;
  bool pooler_down_ = false;
  SteadyTime pooler_back_at_;
  // Nobody takes writes before all have been asked.
  bool awaits_all_ = true;
  std::string fault_;
  WalHistory history_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_TOPOLOGY_JUDGE_H_

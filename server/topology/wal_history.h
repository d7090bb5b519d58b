// WalHistory: where the primary's WAL ended when, to tell how old a replica is
// without any clock but this machine's.

#ifndef SLUICE_SERVER_TOPOLOGY_WAL_HISTORY_H_
#define SLUICE_SERVER_TOPOLOGY_WAL_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "server/base/deadline.h"

namespace sluice::topology {

// Of one primary on one timeline: positions of another one tell nothing here.
// Bounded: the older half is thinned out when it is full, which makes replicas
// look older, never younger.
class WalHistory {
 public:
  // The primary, asked at `asked_at`, said until `ended_at` that its WAL ends
  // at `lsn`.
  void Note(SteadyTime asked_at, SteadyTime ended_at, uint64_t lsn);
  void Clear() { samples_.clear(); }

  // The latest moment at which the primary is known to have had nothing beyond
  // `lsn`.
  std::optional<SteadyTime> FreshAt(uint64_t lsn) const;
  // Where it ended by an answer that was there at `at`.
  std::optional<uint64_t> LsnAt(SteadyTime at) const;
  // By the newest answer.
  std::optional<uint64_t> newest_lsn() const;

 private:
  // All answers in a row that said the same.
  struct Sample {
    SteadyTime last_asked_at;
    SteadyTime first_ended_at;
    uint64_t lsn;
  };

  static constexpr size_t kMaxSamples = 1024;

  void ThinOut();

  // Positions and times rise.
  std::deque<Sample> samples_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_WAL_HISTORY_H_

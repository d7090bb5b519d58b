#include "server/topology/wal_history.h"

#include <algorithm>
#include <iterator>

namespace sluice::topology {

void WalHistory::Note(SteadyTime asked_at, SteadyTime ended_at, uint64_t lsn) {
  // Went back: what was seen beyond is not there any more.
  while (!samples_.empty() && samples_.back().lsn > lsn) samples_.pop_back();
  if (!samples_.empty() && samples_.back().lsn == lsn) {
    samples_.back().last_asked_at = asked_at;
    return;
  }
  if (samples_.size() >= kMaxSamples) ThinOut();
  samples_.push_back({asked_at, ended_at, lsn});
}

std::optional<SteadyTime> WalHistory::FreshAt(uint64_t lsn) const {
  const auto beyond = std::upper_bound(
      samples_.begin(), samples_.end(), lsn,
      [](uint64_t wanted, const Sample& one) { return wanted < one.lsn; });
  if (beyond == samples_.begin()) return std::nullopt;
  return std::prev(beyond)->last_asked_at;
}

std::optional<uint64_t> WalHistory::LsnAt(SteadyTime at) const {
  const auto later = std::upper_bound(samples_.begin(), samples_.end(), at,
                                      [](SteadyTime wanted, const Sample& one) {
                                        return wanted < one.first_ended_at;
                                      });
  if (later == samples_.begin()) return std::nullopt;
  return std::prev(later)->lsn;
}

std::optional<uint64_t> WalHistory::newest_lsn() const {
  if (samples_.empty()) return std::nullopt;
  return samples_.back().lsn;
}

// Every second one of the older half goes.
void WalHistory::ThinOut() {
  std::deque<Sample> kept;
  for (size_t i = 0; i < samples_.size(); ++i) {
    if (i >= samples_.size() / 2 || i % 2 == 0) kept.push_back(samples_[i]);
  }
  samples_.swap(kept);
}

}  // namespace sluice::topology

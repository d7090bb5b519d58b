#include "server/postgres/connection_budget.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <tuple>
#include <utility>

#include "absl/time/time.h"

namespace sluice::postgres {
namespace {

// A pool without any connection gets the next one after this time, whatever
// others have: several times what it takes to open one.
constexpr absl::Duration kPatience = absl::Milliseconds(20);
// So much less must another hold: opening a connection costs a hundred calls.
constexpr int kWorthwhile = 2;
// An opening that has taken so long waits for a server that does not answer: it
// is no load on anybody, and others need not wait for its end.
constexpr absl::Duration kHangsAfter = absl::Milliseconds(250);
// Pools that hold some look again by themselves for as long as it is needed.
constexpr absl::Duration kWakeUpInterval = absl::Milliseconds(1);

}  // namespace

// All but `worker` are guarded by the budget's mutex.
class ConnectionBudget::Member {
 public:
  Member(size_t worker, std::function<void()> wake)
      : worker(worker), wake(std::move(wake)) {}

  bool Hangs(SteadyTime now) const {
    return !opening.empty() && HasHung(opening.front(), now);
  }
  static bool HasHung(SteadyTime since, SteadyTime now) {
    return now - since >= absl::ToChronoNanoseconds(kHangsAfter);
  }

  const size_t worker;
  const std::function<void()> wake;
  bool is_woken = false;
  // Open, being opened and granted.
  size_t held = 0;
  // Since when those are that are not open yet, the oldest first.
  std::deque<SteadyTime> opening;
  // Of these, not taken yet.
  size_t granted = 0;
  Claim claim;
  // Since when it needs some.
  SteadyTime needs_since;
};

struct ConnectionBudget::Rank {
  bool is_empty_handed = false;
  int app_held = 0;
  size_t held = 0;
  SteadyTime since;

  bool operator<(const Rank& other) const {
    return std::tuple(!is_empty_handed, app_held, held, since) <
           std::tuple(!other.is_empty_handed, other.app_held, other.held,
                      other.since);
  }
};

ConnectionBudget::ConnectionBudget(const BudgetLimits& limits)
    : limits_(limits),
      share_(limits.capacity, limits.workers),
      capacity_(limits.capacity) {}

std::shared_ptr<ConnectionBudget::Member> ConnectionBudget::Join(
    const EventLoop& loop, std::function<void()> wake) {
  MutexLock lock(&mutex_);
  auto found = std::find(loops_.begin(), loops_.end(), &loop);
  const auto worker = static_cast<size_t>(found - loops_.begin());
  if (found == loops_.end()) loops_.push_back(&loop);
  // Only a bug brings more than it was made for.
  if (worker >= limits_.workers) std::abort();
  members_.push_back(std::make_shared<Member>(worker, std::move(wake)));
  return members_.back();
}

void ConnectionBudget::Leave(Member& member) {
  MutexLock lock(&mutex_);
  held_ -= member.held;
  members_.erase(std::find_if(
      members_.begin(), members_.end(),
      [&member](const auto& each) { return each.get() == &member; }));
  Grant(SteadyNow());
}

size_t ConnectionBudget::WorkerOf(const Member& member) const {
  return member.worker;
}

void ConnectionBudget::Want(Member& member, const Claim& claim) {
  MutexLock lock(&mutex_);
  const SteadyTime now = SteadyNow();
  const size_t before = member.claim.needed;
  if (before == 0 && claim.needed > 0) member.needs_since = now;
  member.claim = claim;
  // Those it has not seen yet are of the claim before.
  const size_t covered = std::min(member.granted, claim.needed);
  member.claim.needed -= covered;
  member.claim.spare -= std::min(member.granted - covered, claim.spare);
  Grant(now);
  if (member.claim.needed > before && IsPressed() && now >= next_wake_up_at_) {
    next_wake_up_at_ = now + absl::ToChronoNanoseconds(kWakeUpInterval);
    WakeHolders(&member);
  }
}

size_t ConnectionBudget::TakeGrants(Member& member) {
  MutexLock lock(&mutex_);
  member.is_woken = false;
  return std::exchange(member.granted, 0);
}

void ConnectionBudget::NoteOpened(Member& member) {
  MutexLock lock(&mutex_);
  member.opening.pop_front();
  Grant(SteadyNow());
}

void ConnectionBudget::GiveUpOpening(Member& member) {
  MutexLock lock(&mutex_);
  member.opening.pop_front();
  --held_;
  --member.held;
  Grant(SteadyNow());
}

void ConnectionBudget::Release(Member& member) {
  MutexLock lock(&mutex_);
  --held_;
  --member.held;
  Grant(SteadyNow());
}

bool ConnectionBudget::ShouldGiveBack(const Member& member,
                                      std::optional<int> own_held) const {
  MutexLock lock(&mutex_);
  if (held_ > capacity_) return true;
  const SteadyTime now = SteadyNow();
  // What is being given back already counts as free.
  if (held_ + Needed(now) <= capacity_) return false;
  const Member* const best = FindBest(&member, now);
  if (best == nullptr) return false;
  if (!own_held.has_value()) return true;
  const Rank rank = RankOf(*best, now);
  if (rank.is_empty_handed) return true;
  // One at a time: what is being opened changes who should have the next.
  if (Opening(now) > 0) return false;
  if (rank.app_held > *own_held) return false;
  return rank.app_held + kWorthwhile <= *own_held ||
         rank.held + kWorthwhile <= member.held;
}

bool ConnectionBudget::IsOver() const {
  MutexLock lock(&mutex_);
  return held_ > capacity_;
}

void ConnectionBudget::SetCapacity(size_t capacity) {
  share_.SetCapacity(capacity);
  MutexLock lock(&mutex_);
  capacity_ = capacity;
  Grant(SteadyNow());
  if (IsPressed()) WakeHolders(nullptr);
}

BudgetUse ConnectionBudget::use() const {
  BudgetUse use;
  use.in_use = static_cast<size_t>(std::max(share_.held(), 0));
  MutexLock lock(&mutex_);
  use.capacity = capacity_;
  use.held = held_;
  return use;
}

ConnectionBudget::Rank ConnectionBudget::RankOf(const Member& member,
                                                SteadyTime now) const {
  Rank rank;
  rank.is_empty_handed =
      member.held == 0 &&
      now - member.needs_since >= absl::ToChronoNanoseconds(kPatience);
  rank.app_held = member.claim.app_held;
  rank.held = member.held;
  rank.since = member.needs_since;
  return rank;
}

// That needs some.
ConnectionBudget::Member* ConnectionBudget::FindBest(const Member* other_than,
                                                     SteadyTime now) const {
  Member* best = nullptr;
  for (const std::shared_ptr<Member>& each : members_) {
    if (each.get() == other_than || each->claim.needed == 0) continue;
    if (each->Hangs(now)) continue;
    if (best == nullptr || RankOf(*each, now) < RankOf(*best, now)) {
      best = each.get();
    }
  }
  return best;
}

ConnectionBudget::Member* ConnectionBudget::FindSpare(SteadyTime now) const {
  auto found =
      std::find_if(members_.begin(), members_.end(), [now](const auto& each) {
        return each->claim.spare > 0 && !each->Hangs(now);
      });
  return found == members_.end() ? nullptr : found->get();
}

size_t ConnectionBudget::Needed(SteadyTime now) const {
  size_t needed = 0;
  for (const std::shared_ptr<Member>& each : members_) {
    if (!each->Hangs(now)) needed += each->claim.needed;
  }
  return needed;
}

size_t ConnectionBudget::Opening(SteadyTime now) const {
  size_t opening = 0;
  for (const std::shared_ptr<Member>& each : members_) {
    opening += static_cast<size_t>(std::count_if(
        each->opening.begin(), each->opening.end(),
        [now](SteadyTime since) { return !Member::HasHung(since, now); }));
  }
  return opening;
}

void ConnectionBudget::Grant(SteadyTime now) {
  size_t opening = Opening(now);
  for (; held_ < capacity_ && opening < limits_.max_opening; ++opening) {
    Member* member = FindBest(nullptr, now);
    if (member != nullptr) {
      --member->claim.needed;
    } else {
      member = FindSpare(now);
      if (member == nullptr) break;
      --member->claim.spare;
    }
    ++member->granted;
    ++member->held;
    member->opening.push_back(now);
    ++held_;
    Wake(*member);
  }
  const size_t needed = Needed(now);
  pressed_.store(
      held_ > capacity_ || (needed > 0 && held_ + needed > capacity_),
      std::memory_order_relaxed);
}

void ConnectionBudget::Wake(Member& member) {
  if (std::exchange(member.is_woken, true)) return;
  member.wake();
}

void ConnectionBudget::WakeHolders(const Member* other_than) {
  for (const std::shared_ptr<Member>& each : members_) {
    if (each.get() != other_than && each->held > 0) Wake(*each);
  }
}

}  // namespace sluice::postgres

// ConnectionBudget: how many connections pools may hold together, and which of
// them gets the next one.

#ifndef SLUICE_SERVER_POSTGRES_CONNECTION_BUDGET_H_
#define SLUICE_SERVER_POSTGRES_CONNECTION_BUDGET_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/mutex.h"
#include "server/postgres/fair_share.h"

namespace sluice::postgres {

struct BudgetLimits {
  // Connections, held or being opened.
  size_t capacity = 20;
  // Of these, being opened; what hangs at it does not count.
  size_t max_opening = 4;
  // Event loops that its pools belong to.
  size_t workers = 1;
};

// What a budget is used for at a moment.
struct BudgetUse {
  size_t capacity = 0;
  // Connections that there are or that are being opened.
  size_t held = 0;
  // Of these, with a caller.
  size_t in_use = 0;
};

// A connection is a slot from before it is opened until it is closed. A pool
// says how many it wants; slots are granted to it, and it takes them on its own
// loop. Nothing of this is per call: a lock is taken when connections are
// opened and closed, and while callers wait in vain.
//
// While more is wanted than there is, pools give back what is idle, and what
// comes back from callers where another pool's claim is better: that of a pool
// that has nothing and has waited, then of the app that holds least, then of
// the pool that holds least. A pool of which an opening hangs has no claim: its
// server does not answer.
//
// Threads: any.
class ConnectionBudget {
 public:
  // A pool, to the budget.
  class Member;
  // What a pool wants beyond what it holds.
  struct Claim {
    // For callers who wait.
    size_t needed = 0;
    // To have them ready; what others need goes first.
    size_t spare = 0;
    // What the app of the next caller holds.
    int app_held = 0;
  };

  explicit ConnectionBudget(const BudgetLimits& limits);
  ConnectionBudget(const ConnectionBudget&) = delete;

  // `wake` asks the pool to look for grants, and for what it can give back; it
  // is called on any thread and must not call the budget.
  std::shared_ptr<Member> Join(const EventLoop& loop,
                               std::function<void()> wake);
  // It holds nothing any more.
  void Leave(Member& member);
  // Of its loop: where it counts in StripedCounts.
  size_t WorkerOf(const Member& member) const;

  // Replaces the claim before.
  void Want(Member& member, const Claim& claim);
  // Slots that were granted since the last time; each is being opened now.
  size_t TakeGrants(Member& member);
  // One of them is open.
  void NoteOpened(Member& member);
  // One was not opened after all, or could not be.
  void GiveUpOpening(Member& member);
  // An open one is closed.
  void Release(Member& member);

  // Whether some are to be given back: more is wanted, or held, than there is.
  bool IsPressed() const { return pressed_.load(std::memory_order_relaxed); }
  // Whether a pool is to close an open connection for others. `own_held`: what
  // the app holds for which it would keep that; unset for one that lies idle.
  bool ShouldGiveBack(const Member& member, std::optional<int> own_held) const;
  // Whether that is so since more is held than there is.
  bool IsOver() const;

  void SetCapacity(size_t capacity);
  size_t max_opening() const { return limits_.max_opening; }
  FairShare& share() { return share_; }
  BudgetUse use() const;

 private:
  // A claim with a rank: the least is served first.
  struct Rank;

  Rank RankOf(const Member& member, SteadyTime now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Member* FindBest(const Member* other_than, SteadyTime now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Member* FindSpare(SteadyTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t Needed(SteadyTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // But for what hangs.
  size_t Opening(SteadyTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Grant(SteadyTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wake(Member& member) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WakeHolders(const Member* other_than)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const BudgetLimits limits_;
  FairShare share_;
  std::atomic<bool> pressed_{false};
  mutable Mutex mutex_;
  size_t capacity_ ABSL_GUARDED_BY(mutex_);
  size_t held_ ABSL_GUARDED_BY(mutex_) = 0;
  SteadyTime next_wake_up_at_ ABSL_GUARDED_BY(mutex_) = SteadyTime::min();
  std::vector<std::shared_ptr<Member>> members_ ABSL_GUARDED_BY(mutex_);
  // By their place in StripedCounts.
  std::vector<const EventLoop*> loops_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CONNECTION_BUDGET_H_

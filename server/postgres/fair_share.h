// FairShare: how many of some connections an app may hold, so that no app takes
// them all from the others.

#ifndef SLUICE_SERVER_POSTGRES_FAIR_SHARE_H_
#define SLUICE_SERVER_POSTGRES_FAIR_SHARE_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/base/mutex.h"
#include "server/postgres/striped_count.h"

namespace sluice::postgres {

// How long a connection is held.
enum class HoldTime {
  // For one call, which ends by itself.
  kShort,
  // For as long as its caller likes: a stream, an interactive transaction.
  kLong,
};

// The rule is that of dynamic thresholds (Choudhury and Hahne, "Dynamic Queue
// Length Thresholds for Shared-Memory Packet Switches", IEEE/ACM Transactions
// on Networking 6(2), 1998): an app may hold up to kBorrow times what is free.
// So one app alone gets four fifths, two get four ninths each, and something is
// left for whoever comes next. An app that holds nothing may always have one.
// What is held long is at most three quarters of all, whoever holds it.
//
// Threads: any. Two threads that decide at once may pass a limit by one each.
class FairShare {
 public:
  // What one app holds. Lives as long as the FairShare.
  class Account {
   public:
    explicit Account(size_t workers) : held_(workers) {}
    int held() const { return held_.Sum(); }

   private:
    friend class FairShare;
    StripedCount held_;
  };

  FairShare(size_t capacity, size_t workers);
  FairShare(const FairShare&) = delete;

  void SetCapacity(size_t capacity);
  // How many apps may ask; with one there is nobody to leave anything for.
  void SetApps(size_t apps);

  // Of an app by its name; takes a lock, so keep it.
  Account& FindAccount(absl::string_view app);

  bool MayHold(const Account& account, HoldTime time) const {
    return RoomFor(account, time) > 0;
  }
  // How many more it may hold, were it alone to ask.
  size_t RoomFor(const Account& account, HoldTime time) const;
  // Whether one more call of an app may wait, where `own` of it and `all`
  // together wait of at most `most`: the same rule.
  bool MayWait(size_t own, size_t all, size_t most) const;

  // Counts what an app comes to hold, and no longer does.
  void Take(Account& account, HoldTime time, size_t worker) {
    Count(account, time, worker, 1);
  }
  void GiveBack(Account& account, HoldTime time, size_t worker) {
    Count(account, time, worker, -1);
  }
  // Of all apps.
  int held() const { return held_.Sum(); }

 private:
  static constexpr int kBorrow = 4;

  bool IsShared() const { return apps_.load(std::memory_order_relaxed) > 1; }
  void Count(Account& account, HoldTime time, size_t worker, int change) {
    account.held_.Add(worker, change);
    held_.Add(worker, change);
    if (time == HoldTime::kLong) held_long_.Add(worker, change);
  }

  const size_t workers_;
  std::atomic<int> capacity_;
  std::atomic<size_t> apps_{1};
  StripedCount held_;
  StripedCount held_long_;
  Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Account>> accounts_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_FAIR_SHARE_H_

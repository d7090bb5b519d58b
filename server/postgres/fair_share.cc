#include "server/postgres/fair_share.h"

#include <algorithm>
#include <limits>

namespace sluice::postgres {
namespace {

// How often one that holds `held` may take another, of `free` that fall by one
// each time: while held < borrow * (free - 1). The last one is for who holds
// none.
int Room(int held, int free, int borrow) {
  const int excess = borrow * (free - 1) - held;
  const int room = excess <= 0 ? 0 : (excess + borrow) / (borrow + 1);
  return held == 0 ? std::max(room, 1) : room;
}

}  // namespace

FairShare::FairShare(size_t capacity, size_t workers)
    : workers_(workers),
      capacity_(static_cast<int>(capacity)),
      held_(workers),
      held_long_(workers) {}

void FairShare::SetCapacity(size_t capacity) {
  capacity_.store(static_cast<int>(capacity), std::memory_order_relaxed);
}

void FairShare::SetApps(size_t apps) {
  apps_.store(apps, std::memory_order_relaxed);
}

FairShare::Account& FairShare::FindAccount(absl::string_view app) {
  MutexLock lock(&mutex_);
  std::unique_ptr<Account>& account = accounts_[app];
  if (account == nullptr) account = std::make_unique<Account>(workers_);
  return *account;
}

size_t FairShare::RoomFor(const Account& account, HoldTime time) const {
  const int capacity = capacity_.load(std::memory_order_relaxed);
  int room = std::numeric_limits<int>::max();
  if (time == HoldTime::kLong) {
    room = capacity - capacity / 4 - held_long_.Sum();
  }
  if (IsShared()) {
    room =
        std::min(room, Room(account.held(), capacity - held_.Sum(), kBorrow));
  }
  return static_cast<size_t>(std::max(room, 0));
}

bool FairShare::MayWait(size_t own, size_t all, size_t most) const {
  if (all >= most) return false;
  return !IsShared() || own == 0 || own < kBorrow * (most - all - 1);
}

}  // namespace sluice::postgres

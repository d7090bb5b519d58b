#include "server/postgres/wait_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace sluice::postgres {
namespace {

absl::Status QueueFull(absl::string_view message) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   v1::ERROR_REASON_QUEUE_FULL, message,
                   {{"executed", "no"}, {"phase", "queue"}});
}

}  // namespace

Tab& WaitQueue::FindTab(absl::string_view app, HoldTime time) {
  auto found = tabs_.find(app);
  if (found == tabs_.end()) {
    auto tabs = std::make_unique<AppTabs>();
    for (Tab& tab : *tabs) tab.account = &share_.FindAccount(app);
    (*tabs)[1].time = HoldTime::kLong;
    found = tabs_.emplace(app, std::move(tabs)).first;
  }
  return (*found->second)[time == HoldTime::kLong ? 1 : 0];
}

absl::Status WaitQueue::CheckRoom(absl::string_view app) const {
  if (limited_ >= max_waiters_) {
    return QueueFull(absl::StrCat("already ", max_waiters_,
                                  " calls wait for a connection "
                                  "(pool.max_waiters)"));
  }
  auto found = tabs_.find(app);
  if (found == tabs_.end()) return absl::OkStatus();
  size_t own = 0;
  for (const Tab& tab : *found->second) own += tab.limited;
  if (share_.MayWait(own, limited_, max_waiters_)) return absl::OkStatus();
  return QueueFull(absl::StrCat("already ", own,
                                " calls of this app wait for a connection: "
                                "its part of pool.max_waiters"));
}

void WaitQueue::Push(Waiter& waiter) {
  waiter.number = ++last_number_;
  if (waiter.tab.waiters.empty()) waiting_.push_back(&waiter.tab);
  waiter.tab.waiters.push_back(&waiter);
  ++size_;
  if (waiter.room == QueueRoom::kLimited) {
    ++limited_;
    ++waiter.tab.limited;
  }
}

void WaitQueue::Remove(Waiter& waiter) {
  std::deque<Waiter*>& waiters = waiter.tab.waiters;
  waiters.erase(std::find(waiters.begin(), waiters.end(), &waiter));
  if (waiters.empty()) {
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &waiter.tab));
  }
  --size_;
  if (waiter.room == QueueRoom::kLimited) {
    --limited_;
    --waiter.tab.limited;
  }
}

Waiter* WaitQueue::FindNext() const {
  Waiter* next = nullptr;
  int least = 0;
  for (const Tab* tab : waiting_) {
    if (!share_.MayHold(*tab->account, tab->time)) continue;
    const int held = tab->held();
    Waiter* const front = tab->waiters.front();
    if (next == nullptr || held < least ||
        (held == least && front->number < next->number)) {
      next = front;
      least = held;
    }
  }
  return next;
}

Waiter* WaitQueue::FindAny() const {
  return waiting_.empty() ? nullptr : waiting_.front()->waiters.front();
}

size_t WaitQueue::CountReady(size_t most) const {
  size_t count = 0;
  for (const Tab* tab : waiting_) {
    count +=
        std::min(tab->waiters.size(), share_.RoomFor(*tab->account, tab->time));
    if (count >= most) return most;
  }
  return count;
}

Access WaitQueue::ExpectedAccess(size_t others) const {
  const Waiter* const next = FindNext();
  if (next == nullptr) return Access::kReadOnly;
  const std::deque<Waiter*>& waiters = next->tab.waiters;
  return waiters[others % waiters.size()]->access;
}

}  // namespace sluice::postgres

// WaitQueue: the calls that wait for a connection of a pool, and whose turn it
// is.

#ifndef SLUICE_SERVER_POSTGRES_WAIT_QUEUE_H_
#define SLUICE_SERVER_POSTGRES_WAIT_QUEUE_H_

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/base/cancellation.h"
#include "server/postgres/connection.h"
#include "server/postgres/fair_share.h"
#include "server/postgres/lease_request.h"

namespace sluice::postgres {

struct Waiter;

// The calls of one app that hold connections for one kind of time. Lives as
// long as its queue.
struct Tab {
  int held() const { return account->held(); }

  FairShare::Account* account = nullptr;
  HoldTime time = HoldTime::kShort;
  // First come, first served.
  std::deque<Waiter*> waiters;
  // Of these, whom the queue's limit holds for.
  size_t limited = 0;
};

// A caller in the queue. It leaves with a connection, with an error, or when
// it is cancelled.
struct Waiter {
  Tab& tab;
  Access access;
  QueueRoom room;
  Cancellation& cancellation;
  std::coroutine_handle<> handle = {};
  std::shared_ptr<Connection> connection = nullptr;
  absl::Status status = {};
  // In the order of arrival.
  uint64_t number = 0;
};

// Threads: belongs to one event loop.
class WaitQueue {
 public:
  // At most `max_waiters` of QueueRoom::kLimited wait. `share` outlives it.
  WaitQueue(FairShare& share, size_t worker, size_t max_waiters)
      : share_(share), worker_(worker), max_waiters_(max_waiters) {}
  WaitQueue(const WaitQueue&) = delete;

  Tab& FindTab(absl::string_view app, HoldTime time);
  // Whether a new call may have a connection at once: nobody of its app waits,
  // and it would not be too many.
  bool MayPass(const Tab& tab) const {
    return tab.waiters.empty() && share_.MayHold(*tab.account, tab.time);
  }
  // Counts a connection that a call holds, and holds no more.
  void Charge(Tab& tab) { share_.Take(*tab.account, tab.time, worker_); }
  void Discharge(Tab& tab) { share_.GiveBack(*tab.account, tab.time, worker_); }

  // Whether one more of QueueRoom::kLimited may wait.
  // Errors: RESOURCE_EXHAUSTED (QUEUE_FULL) when the queue, or the part of the
  // app in it, is full.
  absl::Status CheckRoom(absl::string_view app) const;
  void Push(Waiter& waiter);
  void Remove(Waiter& waiter);

  // The one who waits longest of the app that holds least, of those that may
  // hold another one; null for none.
  Waiter* FindNext() const;
  // Whoever waits; null for none.
  Waiter* FindAny() const;
  // How many may have a connection now, at most `most`.
  size_t CountReady(size_t most) const;
  // Of the caller who is likely to be served after so many others.
  Access ExpectedAccess(size_t others) const;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  using AppTabs = std::array<Tab, 2>;

  FairShare& share_;
  const size_t worker_;
  const size_t max_waiters_;
  absl::flat_hash_map<std::string, std::unique_ptr<AppTabs>> tabs_;
  // Those in which somebody waits.
  std::vector<Tab*> waiting_;
  size_t size_ = 0;
  size_t limited_ = 0;
  uint64_t last_number_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_WAIT_QUEUE_H_

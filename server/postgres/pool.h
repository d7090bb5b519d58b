// Pool: the connections of one event loop to one database.

#ifndef SLUICE_SERVER_POSTGRES_POOL_H_
#define SLUICE_SERVER_POSTGRES_POOL_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/postgres/canceller.h"
#include "server/postgres/codec/type_catalog.h"
#include "server/postgres/connection.h"
#include "server/postgres/connection_budget.h"
#include "server/postgres/connection_settings.h"
#include "server/postgres/idle_connections.h"
#include "server/postgres/lease.h"
#include "server/postgres/lease_request.h"
#include "server/postgres/pool_errors.h"
#include "server/postgres/pool_opener.h"
#include "server/postgres/wait_queue.h"

namespace sluice::postgres {

// How many connections it may hold is for its budget to say.
struct PoolLimits {
  // Kept open when nobody needs them.
  size_t min_connections = 2;
  // Calls that wait for a connection.
  size_t max_waiters = 1000;
  absl::Duration idle_timeout = absl::Seconds(60);
  absl::Duration max_lifetime = absl::Minutes(30);
};

// What a pool holds at a moment.
struct PoolSize {
  size_t idle = 0;
  size_t leased = 0;
  size_t opening = 0;
  size_t waiting = 0;
};

// Threads: belongs to one event loop; the constructor may run on any.
// Invariant: idle + leased + opening connections are as many as the budget has
// granted, and nobody who may have one waits while a connection is idle, but
// for a moment after another one was lost.
class Pool {
 public:
  // The budget is shared with other pools, of other loops too.
  Pool(EventLoop& loop, ConnectionSettings settings, PoolLimits limits,
       std::shared_ptr<ConnectionBudget> budget);
  // Drained by then.
  ~Pool();
  Pool(const Pool&) = delete;

  // A connection of that access, at once or when the caller's turn comes: of an
  // app first come, first served; among apps the one that holds least goes
  // first, and none may hold too many (FairShare).
  // Errors, all "nothing executed": RESOURCE_EXHAUSTED (QUEUE_FULL) at once,
  // UNAVAILABLE (BACKEND_UNAVAILABLE) when PostgreSQL cannot be reached,
  // DEADLINE_EXCEEDED and CANCELLED by `cancellation`.
  Task<absl::StatusOr<Lease>> Acquire(LeaseRequest request,
                                      Cancellation& cancellation);

  // Closes what is leased with that access: what was sent on it is lost, what
  // was not never will be. Callers resume later, from the loop.
  void CloseLeased(Access access);
  // Refuses who waits now, with UNAVAILABLE (BACKEND_UNAVAILABLE), and closes
  // what is idle: the node behind it does not answer.
  void GiveUpWaiting();

  // Refuses callers from now on, with UNAVAILABLE, and closes every connection;
  // ends when the last lease has come back. The first reason counts.
  Task<void> Drain(PoolEnd reason);

  PoolSize size() const;
  // Whether the last attempt to open a connection succeeded.
  bool reachable() const { return !opener_.last_failed(); }
  // PostgreSQL's, as the last connection told it; empty before the first.
  const std::string& server_version() const { return opener_.server_version(); }
  EventLoop& loop() { return loop_; }
  TypeCatalog& types() { return types_; }
  Canceller& canceller() { return canceller_; }

 private:
  friend class Lease;
  class WaitAwaiter;
  size_t Total() const { return idle_.size() + leased_.size() + opening_; }
  bool MayOpen() const { return !end_.has_value() && opener_.MayTry(); }
  // As many are opened though nobody waits: a backend that was lost is looked
  // for even when nobody asks.
  size_t Floor() const {
    return std::max<size_t>(limits_.min_connections, reachable() ? 0 : 1);
  }
  // Null for none that is to be trusted.
  std::shared_ptr<Connection> TakeIdle(Access access);
  // Of a connection that a caller had: if it was lost, idle ones are doubted.
  void NoteEnd(const Connection& connection);
  // `from`: whose lease it was; null for one that was nobody's.
  void Return(std::shared_ptr<Connection> connection, Tab* from);
  // Resets a session that counts as leased meanwhile, and returns it.
  Task<void> Reset(std::shared_ptr<Connection> connection, Tab* from);
  void PutBack(std::shared_ptr<Connection> connection, const Tab* from);
  // Whether it is to be closed for others, who want it more.
  bool ShouldGiveBack(const Tab* from);
  // Whether the connection has that access now; lost otherwise.
  Task<bool> Switch(Connection& connection, Access access,
                    Cancellation& cancellation);
  // Gives idle connections to waiters and has opened what is missing.
  void Serve();
  void Release(Waiter& waiter);
  void FailWaiters(const absl::Status& status);
  // What is missing.
  ConnectionBudget::Claim MakeClaim();
  // Tells the budget of it.
  void Claim();
  // Opens what it has granted, and gives back what others need.
  void OnBudget();
  void GiveBackIdle();
  // Looks again at waiters that FairShare holds back, and at idle connections
  // that others need but that were used a moment ago.
  void RecheckSoon();
  Task<void> OpenOne(Access access);
  void Maintain();
  // As IdleConnections has it.
  void CloseOld(SteadyTime since, size_t surplus);
  void CloseAllIdle() { CloseOld(SteadyTime::max(), idle_.size()); }

  EventLoop& loop_;
  const PoolLimits limits_;
  TypeCatalog types_;
  Canceller canceller_;
  const std::shared_ptr<ConnectionBudget> budget_;
  // What the budget's wake-ups reach it by; gone with it.
  const std::shared_ptr<Pool*> self_;
  const std::shared_ptr<ConnectionBudget::Member> member_;
  WaitQueue queue_;
  IdleConnections idle_;
  absl::flat_hash_set<Connection*> leased_;
  size_t opening_ = 0;
  // What it has told the budget; none when that may not be so any more.
  std::optional<ConnectionBudget::Claim> told_;
  std::optional<PoolEnd> end_;
  PoolOpener opener_;
  Timer maintenance_;
  Timer recheck_;
  bool is_rechecking_ = false;
  Timer doubt_;
  bool doubts_idle_ = false;
  SteadyTime next_doubt_at_ = SteadyTime::min();
  SteadyTime next_give_back_at_ = SteadyTime::min();
  SteadyTime next_claim_at_ = SteadyTime::min();
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_POOL_H_

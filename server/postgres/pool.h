// Pool: the connections of one event loop to one database.

#ifndef SLUICE_SERVER_POSTGRES_POOL_H_
#define SLUICE_SERVER_POSTGRES_POOL_H_

#include <coroutine>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

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
#include "server/postgres/connection_settings.h"

namespace sluice::postgres {

struct PoolLimits {
  size_t max_connections = 20;
  size_t min_connections = 2;
  // Calls that wait for a connection.
  size_t max_waiters = 1000;
  size_t max_opening = 4;
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

// Why a pool takes no more callers.
enum class PoolEnd {
  kServerStops,
  // The policy grants its role no more, or with other settings.
  kRetired,
};

class Pool;

// A connection of a pool, for one caller alone; goes back when this is
// destroyed, through a reset where the caller may have changed the session.
// Read-only leases are the read lanes: unary reads of all callers share those
// sessions, a unit at a time.
class Lease {
 public:
  Lease() = default;
  Lease(Pool& pool, std::shared_ptr<Connection> connection)
      : pool_(&pool), connection_(std::move(connection)) {}
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { Return(); }

  Connection& operator*() const { return *connection_; }
  Connection* operator->() const { return connection_.get(); }

  void Return();

 private:
  Pool* pool_ = nullptr;
  std::shared_ptr<Connection> connection_;
};

// Threads: belongs to one event loop.
// Invariant: idle + leased + opening connections <= max_connections, and
// nobody waits while a connection is idle.
class Pool {
 public:
  Pool(EventLoop& loop, ConnectionSettings settings, PoolLimits limits);
  // Drained by then.
  ~Pool();
  Pool(const Pool&) = delete;

  // A connection of that access, at once or when the caller's turn comes:
  // first come, first served.
  // Errors, all "nothing executed": RESOURCE_EXHAUSTED (QUEUE_FULL) at once,
  // UNAVAILABLE (BACKEND_UNAVAILABLE) when PostgreSQL cannot be reached,
  // DEADLINE_EXCEEDED and CANCELLED by `cancellation`.
  Task<absl::StatusOr<Lease>> Acquire(Access access,
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
  bool reachable() const { return last_failure_.ok(); }
  // PostgreSQL's, as the last connection told it; empty before the first.
  const std::string& server_version() const { return server_version_; }
  EventLoop& loop() { return loop_; }
  TypeCatalog& types() { return types_; }
  Canceller& canceller() { return canceller_; }

 private:
  friend class Lease;
  class WaitAwaiter;
  struct Waiter;

  size_t Total() const { return idle_.size() + leased_.size() + opening_; }
  std::shared_ptr<Connection> TakeIdle(Access access);
  void Return(std::shared_ptr<Connection> connection);
  // Resets a session that counts as leased meanwhile, and returns it.
  Task<void> Reset(std::shared_ptr<Connection> connection);
  void PutIdle(std::shared_ptr<Connection> connection);
  void ForgetIdle(const Connection* connection);
  // Whether the connection has that access now; lost otherwise.
  Task<bool> Switch(Connection& connection, Access access,
                    Cancellation& cancellation);
  SteadyTime RetireTime();
  // Gives idle connections to waiters and opens what is missing.
  void Serve();
  void ServeFront(std::shared_ptr<Connection> connection);
  void ReleaseFront();
  void FailWaiters(const absl::Status& status);
  void OpenMissing();
  Task<void> OpenOne(Access access);
  // Logs, once, what the role may call that it had better not.
  Task<void> WarnOfFunctions(Connection& connection);
  void OnOpenSuccess();
  void OnOpenFailure(const absl::Status& status);
  void Maintain();
  void CloseIdle();
  void CloseAllIdle();

  EventLoop& loop_;
  const ConnectionSettings settings_;
  const PoolLimits limits_;
  TypeCatalog types_;
  Canceller canceller_;
  struct IdleConnection {
    std::shared_ptr<Connection> connection;
    SteadyTime since;
  };
  std::deque<IdleConnection> idle_;  // Most recently used last.
  absl::flat_hash_set<Connection*> leased_;
  size_t opening_ = 0;
  std::deque<Waiter*> waiters_;
  std::optional<PoolEnd> end_;
  bool functions_checked_ = false;
  absl::Status last_failure_;
  std::string server_version_;
  SteadyTime next_open_at_ = SteadyTime::min();
  absl::Duration backoff_;
  std::minstd_rand random_;
  Timer maintenance_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_POOL_H_

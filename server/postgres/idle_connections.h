// IdleConnections: the connections of a pool that nobody uses.

#ifndef SLUICE_SERVER_POSTGRES_IDLE_CONNECTIONS_H_
#define SLUICE_SERVER_POSTGRES_IDLE_CONNECTIONS_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "server/base/deadline.h"
#include "server/postgres/connection.h"

namespace sluice::postgres {

// Threads: belongs to one event loop.
class IdleConnections {
 public:
  // `on_loss` is told of one that ended by itself, and that is gone by then.
  explicit IdleConnections(std::function<void()> on_loss)
      : on_loss_(std::move(on_loss)) {}
  IdleConnections(const IdleConnections&) = delete;

  size_t size() const { return idle_.size(); }
  bool empty() const { return idle_.empty(); }

  // The most recently used of that access, else the one that has been idle
  // longest; null for none.
  std::shared_ptr<Connection> Take(Access access);
  void Put(std::shared_ptr<Connection> connection);

  // Since when the one that has been idle longest is; there is one.
  SteadyTime longest_since() const { return idle_.front().since; }
  void CloseLongest() { CloseAt(idle_.begin()); }
  // Closes those that have served long enough, and of those idle since before
  // `since` at most `surplus`. How many that were.
  size_t CloseOld(SteadyTime since, size_t surplus);

 private:
  struct Idle {
    std::shared_ptr<Connection> connection;
    SteadyTime since;
  };
  using Position = std::deque<Idle>::iterator;

  Position CloseAt(const Position& idle);
  void Forget(const Connection* connection);

  const std::function<void()> on_loss_;
  std::deque<Idle> idle_;  // Most recently used last.
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_IDLE_CONNECTIONS_H_

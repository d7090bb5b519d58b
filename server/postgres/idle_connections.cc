#include "server/postgres/idle_connections.h"

#include <algorithm>

namespace sluice::postgres {

std::shared_ptr<Connection> IdleConnections::Take(Access access) {
  auto found =
      std::find_if(idle_.rbegin(), idle_.rend(), [access](const Idle& idle) {
        return idle.connection->access() == access;
      });
  if (found == idle_.rend()) {
    if (idle_.empty()) return nullptr;
    found = std::prev(idle_.rend());
  }
  std::shared_ptr<Connection> connection = std::move(found->connection);
  idle_.erase(std::next(found).base());
  connection->OnIdleLoss(nullptr);
  return connection;
}

void IdleConnections::Put(std::shared_ptr<Connection> connection) {
  const Connection* key = connection.get();
  connection->OnIdleLoss([this, key] { Forget(key); });
  idle_.push_back(Idle{std::move(connection), SteadyNow()});
}

size_t IdleConnections::CloseOld(SteadyTime since, size_t surplus) {
  const SteadyTime now = SteadyNow();
  size_t closed = 0;
  for (auto idle = idle_.begin(); idle != idle_.end();) {
    const bool unneeded = closed < surplus && idle->since < since;
    if (!unneeded && now < idle->connection->retire_at()) {
      ++idle;
      continue;
    }
    ++closed;
    idle = CloseAt(idle);
  }
  return closed;
}

IdleConnections::Position IdleConnections::CloseAt(const Position& idle) {
  idle->connection->OnIdleLoss(nullptr);
  idle->connection->Close();
  return idle_.erase(idle);
}

void IdleConnections::Forget(const Connection* connection) {
  auto found =
      std::find_if(idle_.begin(), idle_.end(), [connection](const Idle& idle) {
        return idle.connection.get() == connection;
      });
  if (found == idle_.end()) return;
  idle_.erase(found);
  on_loss_();
}

}  // namespace sluice::postgres

// Lease: a connection of a pool, for one caller alone.

#ifndef SLUICE_SERVER_POSTGRES_LEASE_H_
#define SLUICE_SERVER_POSTGRES_LEASE_H_

#include <memory>
#include <utility>

#include "server/postgres/connection.h"
#include "server/postgres/wait_queue.h"

namespace sluice::postgres {

class Pool;

// It goes back when this is destroyed, through a reset where the caller may
// have changed the session. Read-only leases are the read lanes: unary reads of
// all callers share those sessions, a unit at a time.
class Lease {
 public:
  Lease() = default;
  Lease(Pool& pool, std::shared_ptr<Connection> connection, Tab& tab)
      : pool_(&pool), connection_(std::move(connection)), tab_(&tab) {}
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { Return(); }

  Connection& operator*() const { return *connection_; }
  Connection* operator->() const { return connection_.get(); }

  void Return();

 private:
  Pool* pool_ = nullptr;
  std::shared_ptr<Connection> connection_;
  Tab* tab_ = nullptr;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_LEASE_H_

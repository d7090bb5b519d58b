// RolePools: the pools of one database at one worker, one for each role that
// the policy lets work there.

#ifndef SLUICE_SERVER_EXECUTION_ROLE_POOLS_H_
#define SLUICE_SERVER_EXECUTION_ROLE_POOLS_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/execution/served_database.h"
#include "server/policy/policy.h"
#include "server/postgres/pool.h"

namespace sluice::execution {

// Threads: belongs to one event loop; the constructor may run on any.
class RolePools {
 public:
  RolePools(EventLoop& loop, ServedDatabase served);
  // Drained by then.
  ~RolePools() = default;
  RolePools(const RolePools&) = delete;

  // Keeps pools for the roles that `policy` names here, and for no others. What
  // runs in a pool that goes is let end. One pool is made at once, so that it
  // is known whether the database can be reached; the others on demand.
  void Serve(const policy::Policy& policy);

  // The pool of a role; it is made when it is not there yet.
  // Errors: PERMISSION_DENIED (ACCESS_DENIED) for a role that the policy served
  // last does not name: the caller's is older.
  absl::StatusOr<std::shared_ptr<postgres::Pool>> Find(const std::string& role);

  // Whether a pool has a connection, or none has failed to open one when it
  // last tried: an entry that is wrong for one role says nothing of the others.
  bool reachable() const;
  // PostgreSQL's version; empty before the first connection.
  std::string server_version() const;

  // Refuses callers from now on; ends when what is in progress has ended.
  Task<void> Drain();

 private:
  struct Role {
    policy::SessionSettings settings;
    // Null until it is asked for.
    std::shared_ptr<postgres::Pool> pool;
  };

  std::shared_ptr<postgres::Pool> MakePool(
      const std::string& role, const policy::SessionSettings& settings) const;
  Task<void> Retire(std::shared_ptr<postgres::Pool> pool);

  EventLoop& loop_;
  const ServedDatabase served_;
  std::map<std::string, Role> roles_;
  // Pools that are gone and have not been given back all connections yet.
  int retiring_ = 0;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_ROLE_POOLS_H_

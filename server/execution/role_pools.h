// RolePools: the pools of one node of a database at one worker, one for each
// role that the policy lets work there.

#ifndef SLUICE_SERVER_EXECUTION_ROLE_POOLS_H_
#define SLUICE_SERVER_EXECUTION_ROLE_POOLS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/policy/policy.h"
#include "server/postgres/connection_budget.h"
#include "server/postgres/connection_settings.h"
#include "server/postgres/pool.h"

namespace sluice::execution {

// Threads: belongs to one event loop; the constructor may run on any.
class RolePools {
 public:
  // The budget of the connections under a role.
  using BudgetFinder =
      std::function<std::shared_ptr<postgres::ConnectionBudget>(
          const std::string& role)>;

  // `{role}` in the name of the connection's database stands for the role.
  RolePools(EventLoop& loop, std::string database,
            postgres::ConnectionSettings connection,
            const postgres::PoolLimits& limits, BudgetFinder find_budget);
  // Drained by then.
  ~RolePools() = default;
  RolePools(const RolePools&) = delete;

  // Keeps pools for the roles that `policy` names here, and for no others. What
  // runs in a pool that goes is let end. One pool is made at once, so that it
  // is known whether the database can be reached; the others on demand.
  void Serve(const policy::Policy& policy);

  // Errors: PERMISSION_DENIED (ACCESS_DENIED) for a role that the policy served
  // last does not name: the caller's is older.
  absl::Status CheckRole(absl::string_view role) const;
  // The pool of a role; it is made when it is not there yet. Null for one that
  // fails CheckRole.
  std::shared_ptr<postgres::Pool> Find(absl::string_view role);

  // The node does not answer: who waits for it is told, and reads in progress
  // are lost, so that they can run elsewhere.
  void GiveUpWaiting();
  // Another node takes the writes: those in progress are lost.
  void CloseWriters();

  // Whether a pool has a connection, or none has failed to open one when it
  // last tried: an entry that is wrong for one role says nothing of the others.
  bool reachable() const;
  // PostgreSQL's version; empty before the first connection.
  std::string server_version() const;

  // Calls that wait for a connection.
  size_t CountWaiting() const;

  // Refuses callers from now on; ends when what is in progress has ended.
  Task<void> Drain(postgres::PoolEnd reason);

 private:
  struct Role {
    policy::SessionSettings settings;
    // Null until it is asked for.
    std::shared_ptr<postgres::Pool> pool;
  };

  std::shared_ptr<postgres::Pool> MakePool(
      const std::string& role, const policy::SessionSettings& settings) const;
  Task<void> Retire(std::shared_ptr<postgres::Pool> pool,
                    postgres::PoolEnd reason);

  EventLoop& loop_;
  const std::string database_;
  const postgres::ConnectionSettings connection_;
  const postgres::PoolLimits limits_;
  const BudgetFinder find_budget_;
  std::map<std::string, Role, std::less<>> roles_;
  // Pools that are gone and have not been given back all connections yet.
  std::vector<std::shared_ptr<postgres::Pool>> retiring_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_ROLE_POOLS_H_

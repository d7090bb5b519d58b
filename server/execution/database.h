// Database: a database as one worker serves it: its nodes, and the pools of
// each.

#ifndef SLUICE_SERVER_EXECUTION_DATABASE_H_
#define SLUICE_SERVER_EXECUTION_DATABASE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/execution/read_verdicts.h"
#include "server/execution/role_pools.h"
#include "server/execution/served_database.h"
#include "server/execution/worker_cluster.h"
#include "server/policy/policy.h"
#include "server/postgres/pool.h"
#include "server/topology/topology.h"

namespace sluice::execution {

// Threads: belongs to one event loop; the constructor may run on any.
class Database {
 public:
  // `cluster`: where it is; null for none. Outlives this.
  Database(EventLoop& loop, const ServedDatabase& served,
           WorkerCluster* cluster);
  // Drained by then.
  ~Database() = default;
  Database(const Database&) = delete;

  EventLoop& loop() const { return loop_; }
  const std::string& name() const { return served_.name; }
  // Null: it has one node, whose name is node().
  WorkerCluster* cluster() const { return cluster_; }
  const std::string& node() const { return served_.node; }
  const routing::ReadNeed& default_need() const { return served_.default_need; }

  ReadVerdicts& read_verdicts() { return read_verdicts_; }

  // Keeps pools for the roles that `policy` names, on each node.
  void Serve(std::shared_ptr<const policy::Policy> policy);

  // Keeps pools for the nodes of its cluster. `before` is the state that was in
  // force until now, null for none. With a new epoch, and while the cluster's
  // router is cut off, all writes that were begun before are lost; who waits
  // for a node that has gone down is told.
  void Update(const topology::Topology* before, const topology::Topology& now);

  // Whether it serves that role.
  // Errors: those of RolePools::CheckRole.
  absl::Status CheckRole(absl::string_view role) const;
  // The pool of a role on a node; null where the policy or the topology has
  // changed meanwhile.
  std::shared_ptr<postgres::Pool> FindPool(absl::string_view node,
                                           absl::string_view role);

  // Whether a node could be reached lately, whatever its role.
  bool reachable() const;
  // PostgreSQL's version; empty before the first connection.
  std::string server_version() const;

  // Calls that wait for a connection to a node.
  size_t CountWaiting(absl::string_view node) const;

  // Refuses callers from now on; ends when what is in progress has ended.
  Task<void> Drain();

 private:
  using NodePools =
      std::map<std::string, std::shared_ptr<RolePools>, std::less<>>;

  void AddNode(const std::string& node);
  void CloseWriters();
  Task<void> Retire(std::shared_ptr<RolePools> pools);

  EventLoop& loop_;
  const ServedDatabase served_;
  WorkerCluster* const cluster_;
  std::shared_ptr<const policy::Policy> policy_;
  NodePools nodes_;
  ReadVerdicts read_verdicts_;
  // Of nodes that are gone, with work in progress.
  std::vector<std::shared_ptr<RolePools>> retiring_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_DATABASE_H_

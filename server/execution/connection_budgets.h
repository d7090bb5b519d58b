// ConnectionBudgets: how many connections this instance may hold to each node,
// shared by all its workers.

#ifndef SLUICE_SERVER_EXECUTION_CONNECTION_BUDGETS_H_
#define SLUICE_SERVER_EXECUTION_CONNECTION_BUDGETS_H_

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "server/base/deadline.h"
#include "server/base/mutex.h"
#include "server/policy/policy.h"
#include "server/postgres/connection_budget.h"
#include "server/topology/topology.h"

namespace sluice::execution {

// Of a cluster.
struct BudgetSettings {
  // Of this instance, at each node.
  size_t max_connections = 20;
  // Of each node, left to others than the instances.
  size_t reserved_connections = 5;
};

// The connections that an instance may hold to a node, but for the one that it
// is asked by: what the node takes, less what is left to others, divided by the
// instances that hold some.
size_t ShareOf(const BudgetSettings& settings, const topology::Node& node);

// A database that is on no cluster has a budget for each role; the databases of
// a cluster have one together for each node.
// Threads: any.
class ConnectionBudgets {
 public:
  // `limits`: of a database that is on no cluster.
  explicit ConnectionBudgets(const postgres::BudgetLimits& limits)
      : limits_(limits) {}
  ConnectionBudgets(const ConnectionBudgets&) = delete;

  // Before the first Find.
  void AddCluster(const std::string& name, const BudgetSettings& settings);
  // `cluster`: empty for none.
  void AddDatabase(const std::string& name, const std::string& cluster);

  // Of a database under a role, on a node.
  std::shared_ptr<postgres::ConnectionBudget> Find(const std::string& database,
                                                   const std::string& node,
                                                   const std::string& role);
  // Of a node of a cluster; null for one that is not used.
  std::shared_ptr<postgres::ConnectionBudget> FindOfNode(
      const std::string& cluster, const std::string& node) const;

  // Takes notice of a newer state of a cluster. A share that shrinks counts at
  // once; one that grows when it has been so for two seconds, so that an
  // instance that is missed for a moment finds its own.
  void Update(const topology::Topology& topology, SteadyTime now);
  // Takes notice of who may use what.
  void Serve(std::shared_ptr<const policy::Policy> policy);

 private:
  // Cluster and node, or database and role, after a mark which it is.
  struct Key {
    bool is_of_cluster = false;
    std::string owner;
    std::string part;

    bool operator<(const Key& other) const {
      return std::tie(is_of_cluster, owner, part) <
             std::tie(other.is_of_cluster, other.owner, other.part);
    }
  };
  struct Budget {
    std::shared_ptr<postgres::ConnectionBudget> budget;
    // Since when it might be larger.
    std::optional<SteadyTime> larger_since;
  };

  static void Adjust(Budget& budget, size_t share, SteadyTime now);
  // Apps that may use it.
  size_t CountApps(const Key& key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether what is granted takes its connections from it.
  bool IsFor(const policy::Grant& grant, const Key& key) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const postgres::BudgetLimits limits_;
  mutable Mutex mutex_;
  std::map<std::string, BudgetSettings> clusters_ ABSL_GUARDED_BY(mutex_);
  // Their clusters.
  std::map<std::string, std::string> databases_ ABSL_GUARDED_BY(mutex_);
  // Of nodes that have answered, as they were heard of last.
  std::map<std::pair<std::string, std::string>, size_t> shares_
      ABSL_GUARDED_BY(mutex_);
  std::map<Key, Budget> budgets_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const policy::Policy> policy_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_CONNECTION_BUDGETS_H_

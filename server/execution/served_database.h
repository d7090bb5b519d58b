// ServedDatabase and ServedCluster: where the connections to databases come
// from.

#ifndef SLUICE_SERVER_EXECUTION_SERVED_DATABASE_H_
#define SLUICE_SERVER_EXECUTION_SERVED_DATABASE_H_

#include <memory>
#include <string>
#include <vector>

#include "server/execution/connection_budgets.h"
#include "server/postgres/connection_settings.h"
#include "server/postgres/pool.h"
#include "server/routing/read_need.h"
#include "server/routing/router.h"
#include "server/topology/cluster_watch.h"

namespace sluice::execution {

// A cluster, for one worker.
struct ServedCluster {
  std::string name;
  // Outlives the executors.
  topology::ClusterWatch* watch = nullptr;
  routing::RouterSettings routing;
};

struct ServedDatabase {
  std::string name;
  // Of the one node behind it, where it is on no cluster.
  std::string node;
  // Empty: none.
  std::string cluster;
  // Of reads that do not say.
  routing::ReadNeed default_need;
  // Its database is the template of the entry's name.
  postgres::ConnectionSettings connection;
  postgres::PoolLimits pool;
  // Of all that the instance serves.
  std::shared_ptr<ConnectionBudgets> budgets;
};

// All that one worker serves.
struct ServedPlaces {
  std::shared_ptr<ConnectionBudgets> budgets;
  std::vector<ServedCluster> clusters;
  std::vector<ServedDatabase> databases;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_SERVED_DATABASE_H_

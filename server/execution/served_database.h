// ServedDatabase: where the connections to one database come from.

#ifndef SLUICE_SERVER_EXECUTION_SERVED_DATABASE_H_
#define SLUICE_SERVER_EXECUTION_SERVED_DATABASE_H_

#include <string>

#include "server/postgres/connection_settings.h"
#include "server/postgres/pool.h"

namespace sluice::execution {

struct ServedDatabase {
  std::string name;
  std::string node;
  postgres::ConnectionSettings connection;
  postgres::PoolLimits pool;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_SERVED_DATABASE_H_

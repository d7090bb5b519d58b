// What a role may call that a gateway's app had better not: functions whose
// effects outlast a transaction unseen, or that reach the server's files.

#ifndef SLUICE_SERVER_POSTGRES_RISKY_FUNCTIONS_H_
#define SLUICE_SERVER_POSTGRES_RISKY_FUNCTIONS_H_

#include <string>

#include "server/base/task.h"
#include "server/postgres/connection.h"

namespace sluice::postgres {

// Names of those that the role of an idle session may execute, with commas:
// session advisory locks, large objects, files of the server. Empty as well
// when PostgreSQL does not tell.
Task<std::string> FindRiskyFunctions(Connection& connection);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_RISKY_FUNCTIONS_H_

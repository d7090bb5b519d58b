// Finds out whether anybody speaks PostgreSQL's protocol where connections are
// opened: pgbouncer beside the gateway, whatever has become of the servers
// behind it.

#ifndef SLUICE_SERVER_POSTGRES_POOLER_PING_H_
#define SLUICE_SERVER_POSTGRES_POOLER_PING_H_

#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/postgres/connection_settings.h"

namespace sluice::postgres {

enum class PoolerPulse {
  kAnswers,
  // Nobody listens, or says anything by the deadline.
  kSilent,
  // It is reached by a host name: it can't be told.
  kUnknown,
};

// Asks over a connection of its own for what is answered before any login
// (SSLRequest, https://www.postgresql.org/docs/15/protocol-flow.html).
Task<PoolerPulse> PingPooler(EventLoop& loop,
                             const ConnectionSettings& settings,
                             Deadline deadline);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_POOLER_PING_H_

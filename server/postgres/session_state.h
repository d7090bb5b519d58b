// What the gateway knows of a session of PostgreSQL.

#ifndef SLUICE_SERVER_POSTGRES_SESSION_STATE_H_
#define SLUICE_SERVER_POSTGRES_SESSION_STATE_H_

#include <cstdint>

namespace sluice::postgres {

// What a session may do, by PostgreSQL's own enforcement.
enum class Access { kReadOnly, kReadWrite };

// Where the session stands, by PostgreSQL's last ReadyForQuery.
enum class TransactionStatus {
  kIdle,
  // In a transaction block.
  kActive,
  // In one that has failed: PostgreSQL takes only its end, or a return to a
  // savepoint.
  kFailed,
};

// Which cluster a session is of, on which timeline, and since when it has not
// crashed.
struct ClusterIdentity {
  // `pg_control_system`; 0: the role may not ask.
  uint64_t system_identifier = 0;
  // Changes with every crash, after which ids of transactions that left no
  // trace are handed out again: when the statistics were reset, which recovery
  // does; µs since the Unix epoch.
  int64_t incarnation = 0;
  // Of a primary, which keeps it as long as it runs; 0 of a standby.
  uint32_t timeline = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_SESSION_STATE_H_

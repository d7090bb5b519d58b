// What the gateway knows of a session of PostgreSQL.

#ifndef SLUICE_SERVER_POSTGRES_SESSION_STATE_H_
#define SLUICE_SERVER_POSTGRES_SESSION_STATE_H_

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

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_SESSION_STATE_H_

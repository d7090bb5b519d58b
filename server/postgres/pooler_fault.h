// What pgbouncer means: all its faults come as SQLSTATE 08P01 (58000 and
// others for a few), told apart by text alone.

#ifndef SLUICE_SERVER_POSTGRES_POOLER_FAULT_H_
#define SLUICE_SERVER_POSTGRES_POOLER_FAULT_H_

#include "absl/strings/string_view.h"

namespace sluice::postgres {

enum class PoolerFault {
  // Certainly nothing was executed: no server connection was had.
  kNotExecuted,
  // What had been sent may have been executed.
  kOutcomeOpen,
};

// Classifies a fatal error. What is not known to be harmless is open: the
// cautious answer for a pooler of another version, and for a backend that was
// terminated (57P01 and the like) while it worked.
PoolerFault ClassifyPoolerFault(absl::string_view sqlstate,
                                absl::string_view message);

// Whom a connection that is refused, or lost, speaks of.
enum class FaultOrigin {
  // PostgreSQL: it has been tried, and takes no connection.
  kServer,
  // The pooler, or what it, or PostgreSQL, has been told of this entry: nothing
  // is known of whether PostgreSQL serves others.
  kPooler,
  // The text does not tell.
  kUnclear,
};

// By what a message contains, whoever put words around it.
FaultOrigin OriginOfFault(absl::string_view message);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_POOLER_FAULT_H_

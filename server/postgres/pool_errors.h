// What callers of a pool are told when they get no connection.

#ifndef SLUICE_SERVER_POSTGRES_POOL_ERRORS_H_
#define SLUICE_SERVER_POSTGRES_POOL_ERRORS_H_

#include "absl/status/status.h"

namespace sluice::postgres {

// Why a pool takes no more callers.
enum class PoolEnd {
  kServerStops,
  // The policy grants its role no more, or with other settings.
  kRetired,
};

// Of an attempt to open a connection: the words of libpq name sockets and
// users, and are for the log.
absl::Status OpeningError(const absl::Status& failure);
// UNAVAILABLE (SHUTTING_DOWN, BACKEND_UNAVAILABLE).
absl::Status PoolEndError(PoolEnd end);
// UNAVAILABLE (BACKEND_UNAVAILABLE).
absl::Status NodeDownError();

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_POOL_ERRORS_H_

// What --connect says, checked and completed for libpq.

#ifndef SLUICE_SERVER_PROVISION_CONNECTION_STRING_H_
#define SLUICE_SERVER_PROVISION_CONNECTION_STRING_H_

#include <string>

#include "absl/status/statusor.h"

namespace sluice::provision {

// `given` as libpq takes it, "" for the environment (PG*) alone. Adds a name
// for pg_stat_activity and, unless there is one, a limit of 10 s for the
// attempt to connect.
// Errors: INVALID_ARGUMENT when libpq can't read it, or it has a password:
// other users see the command line.
absl::StatusOr<std::string> MakeConnectionString(const std::string& given);

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_CONNECTION_STRING_H_

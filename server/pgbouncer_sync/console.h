// Console: pgbouncer's console, as pgbouncer's own unix user sees it.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_CONSOLE_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_CONSOLE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/pgbouncer_sync/entries.h"
#include "sluice/config/v1/pgbouncer_sync.pb.h"

namespace sluice::pgbouncer_sync {

// Connects anew each time, only to a process of this user, and has no password
// to give. Each call takes a few seconds at most.
class Console {
 public:
  explicit Console(config::v1::PgbouncerConsole settings)
      : settings_(std::move(settings)) {}

  // Has pgbouncer read its files, and looks whether it has these entries then:
  // its RELOAD succeeds even when a file is refused.
  // Errors: UNAVAILABLE when it can't be asked; FAILED_PRECONDITION with the
  // entry that it does not have so.
  absl::Status Reload(const std::vector<Entry>& entries) const;

  // Names of the entries that have clients.
  // Errors: UNAVAILABLE.
  absl::StatusOr<absl::flat_hash_set<std::string>> FindUsedEntries() const;

 private:
  const config::v1::PgbouncerConsole settings_;
};

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_CONSOLE_H_

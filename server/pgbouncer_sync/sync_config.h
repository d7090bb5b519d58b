// LoadSyncConfig: the settings of the program, checked.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_SYNC_CONFIG_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_SYNC_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/config/config_faults.h"
#include "server/pgbouncer_sync/allow_list.h"
#include "sluice/config/v1/pgbouncer_sync.pb.h"

namespace sluice::pgbouncer_sync {

// Reads the file, fills in defaults and checks all: each name is of
// `[A-Za-z0-9._-]`, each file a trusted path.
// Errors: those of CheckTrustedPath for the file, and of reading it;
// INVALID_ARGUMENT with all faults.
absl::StatusOr<config::v1::PgbouncerSync> LoadSyncConfig(
    const std::string& file);

// The same for a text, but for what needs the file system.
config::v1::PgbouncerSync ReadSyncConfig(const std::string& text,
                                         config::ConfigFaults& faults);

// Of settings that were checked.
AllowList MakeAllowList(const config::v1::SyncedCluster& cluster);

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_SYNC_CONFIG_H_

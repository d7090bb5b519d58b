// MakeEntries: pgbouncer's entries for the nodes of a cluster.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_ENTRIES_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_ENTRIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "server/pgbouncer/proposal.h"
#include "sluice/config/v1/pgbouncer_sync.pb.h"

namespace sluice::pgbouncer_sync {

// pgbouncer's limit, MAX_DBNAME - 1.
inline constexpr size_t kMaxEntryNameBytes = 63;

// One line of [databases]. It has a user and no password: then pgbouncer takes
// that from its auth_file.
struct Entry {
  bool operator==(const Entry&) const = default;

  std::string name;
  std::string host;
  uint16_t port = 0;
  std::string database;
  std::string role;
  uint32_t pool_size = 0;
};

// In the order of nodes, then as the settings have databases and roles.
// `settings` as LoadSyncConfig gives them, nodes as ParseProposal does: nothing
// of either ends a word of what RenderEntries writes.
// Errors: INVALID_ARGUMENT for a name that is too long, pgbouncer's own, or of
// two entries; `taken` has those of other clusters.
absl::StatusOr<std::vector<Entry>> MakeEntries(
    const config::v1::SyncedCluster& settings,
    const std::vector<pgbouncer::ProposedNode>& nodes,
    const absl::flat_hash_set<std::string>& taken);

// The file that pgbouncer includes among its [databases].
std::string RenderEntries(const std::string& cluster,
                          const std::vector<Entry>& entries);

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_ENTRIES_H_

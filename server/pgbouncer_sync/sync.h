// Sync: all clusters, and the pgbouncer that serves them.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_SYNC_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_SYNC_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/base/deadline.h"
#include "server/pgbouncer_sync/cluster_sync.h"
#include "server/pgbouncer_sync/console.h"
#include "sluice/config/v1/pgbouncer_sync.pb.h"

namespace sluice::pgbouncer_sync {

// Threads: one.
class Sync {
 public:
  // `settings` as LoadSyncConfig gives them.
  Sync(const config::v1::PgbouncerSync& settings, uid_t gateway_user);

  // Takes up where the last process ended.
  void Start();
  // Takes what proposals say, and has pgbouncer read it.
  void Turn();

  // Whether each cluster's proposal is in force, or was never there.
  bool all_taken() const;

  // What the proposals would make; changes nothing. Errors: as
  // ClusterSync::Judge, with the cluster.
  absl::Status Check();

 private:
  // Of all clusters but one.
  EntryNames NamesBeside(size_t cluster) const;
  void DropDeparted();
  void Reload();

  const Console console_;
  std::vector<ClusterSync> clusters_;
  // pgbouncer has not been seen to have what is written.
  bool unconfirmed_ = true;
  SteadyTime next_reload_;
  std::string reload_fault_;
};

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_SYNC_H_

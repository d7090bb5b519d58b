// ClusterSync: from the proposal of a cluster to the file that pgbouncer
// includes.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_CLUSTER_SYNC_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_CLUSTER_SYNC_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/pgbouncer/proposal.h"
#include "server/pgbouncer_sync/allow_list.h"
#include "server/pgbouncer_sync/entries.h"
#include "server/pgbouncer_sync/node_set.h"
#include "sluice/config/v1/pgbouncer_sync.pb.h"

namespace sluice::pgbouncer_sync {

// Names of entries.
using EntryNames = absl::flat_hash_set<std::string>;

// A proposal that is refused changes nothing, and is logged once.
class ClusterSync {
 public:
  enum class Change { kNone, kWritten };

  // `settings` as LoadSyncConfig gives them.
  ClusterSync(config::v1::SyncedCluster settings, uid_t gateway_user);
  ClusterSync(ClusterSync&&) = default;

  // Takes up the nodes that were accepted last, as far as the settings still
  // allow them, and makes a file of no entry where there is none yet:
  // pgbouncer does not start without one that it includes.
  void Start(const EntryNames& taken);

  // Reads the proposal, and writes the file if the nodes are others now.
  // `taken` has the names of other clusters' entries.
  Change Look(const EntryNames& taken);

  // Judges the proposal that is there and changes nothing.
  // Errors: as ReadProposalFile and ParseProposal; PERMISSION_DENIED for a node
  // that is not allowed; INVALID_ARGUMENT as MakeEntries.
  absl::StatusOr<std::vector<pgbouncer::ProposedNode>> Judge(
      const EntryNames& taken) const;

  // The entries of nodes that Judge has given.
  std::vector<Entry> EntriesOf(
      const std::vector<pgbouncer::ProposedNode>& nodes) const;

  // Takes away the nodes that depart and whose entries nobody uses, or who have
  // had their time.
  bool has_departing() const { return nodes_.has_departing(); }
  Change DropDeparted(const std::function<bool(const std::string&)>& in_use);

  const std::string& name() const { return settings_.name(); }
  const std::vector<Entry>& entries() const { return entries_; }
  // Why the last proposal was not taken; OK when it was.
  const absl::Status& fault() const { return fault_; }

 private:
  absl::Status CheckAllowed(
      const std::vector<pgbouncer::ProposedNode>& nodes) const;
  absl::StatusOr<std::vector<pgbouncer::ProposedNode>> ReadAccepted() const;
  // Puts them into force.
  // Errors: UNAVAILABLE for a file that can't be written; as MakeEntries.
  absl::Status Accept(NodeSet nodes, const EntryNames& taken);
  absl::Status WriteFiles(const std::vector<pgbouncer::ProposedNode>& nodes,
                          const std::vector<Entry>& entries) const;
  // Logs it, unless that has been done.
  void NoteFault(const absl::Status& status);
  void NoteSuccess();
  void NoteNodes() const;

  const config::v1::SyncedCluster settings_;
  const uid_t gateway_user_;
  const AllowList allow_list_;
  NodeSet nodes_;
  std::vector<Entry> entries_;
  absl::Status fault_;
};

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_CLUSTER_SYNC_H_

#include "server/pgbouncer_sync/sync.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/telemetry/log.h"

namespace sluice::pgbouncer_sync {
namespace {

using telemetry::Log;
using telemetry::LogLevel;

// After pgbouncer could not be told.
constexpr absl::Duration kRetryWait = absl::Seconds(2);

}  // namespace

Sync::Sync(const config::v1::PgbouncerSync& settings, uid_t gateway_user)
    : console_(settings.console()), next_reload_(SteadyNow()) {
  for (const config::v1::SyncedCluster& cluster : settings.clusters()) {
    clusters_.emplace_back(cluster, gateway_user);
  }
}

void Sync::Start() {
  for (size_t i = 0; i < clusters_.size(); ++i) {
    clusters_[i].Start(NamesBeside(i));
  }
}

void Sync::Turn() {
  for (size_t i = 0; i < clusters_.size(); ++i) {
    if (clusters_[i].Look(NamesBeside(i)) == ClusterSync::Change::kWritten) {
      unconfirmed_ = true;
      next_reload_ = SteadyNow();
    }
  }
  DropDeparted();
  if (unconfirmed_ && SteadyNow() >= next_reload_) Reload();
}

bool Sync::all_taken() const {
  return absl::c_all_of(clusters_, [](const ClusterSync& cluster) {
    return cluster.fault().ok() || absl::IsNotFound(cluster.fault());
  });
}

absl::Status Sync::Check() {
  EntryNames taken;
  for (const ClusterSync& cluster : clusters_) {
    const auto nodes = cluster.Judge(taken);
    if (!nodes.ok()) {
      return {nodes.status().code(),
              absl::StrCat(cluster.name(), ": ", nodes.status().message())};
    }
    for (const Entry& entry : cluster.EntriesOf(*nodes)) {
      taken.insert(entry.name);
    }
  }
  return absl::OkStatus();
}

EntryNames Sync::NamesBeside(size_t cluster) const {
  EntryNames names;
  for (size_t i = 0; i < clusters_.size(); ++i) {
    if (i == cluster) continue;
    for (const Entry& entry : clusters_[i].entries()) names.insert(entry.name);
  }
  return names;
}

// What pgbouncer can't be asked about counts as used.
void Sync::DropDeparted() {
  if (absl::c_none_of(clusters_, [](const ClusterSync& cluster) {
        return cluster.has_departing();
      })) {
    return;
  }
  const absl::StatusOr<EntryNames> used = console_.FindUsedEntries();
  for (ClusterSync& cluster : clusters_) {
    const ClusterSync::Change change =
        cluster.DropDeparted([&used](const std::string& entry) {
          return !used.ok() || used->contains(entry);
        });
    if (change == ClusterSync::Change::kWritten) {
      unconfirmed_ = true;
      next_reload_ = SteadyNow();
    }
  }
}

void Sync::Reload() {
  std::vector<Entry> entries;
  for (const ClusterSync& cluster : clusters_) {
    entries.insert(entries.end(), cluster.entries().begin(),
                   cluster.entries().end());
  }
  const absl::Status status = console_.Reload(entries);
  unconfirmed_ = !status.ok();
  if (status.ok()) {
    reload_fault_.clear();
    Log(LogLevel::kInfo, "pgbouncer_reloaded", {{"entries", entries.size()}});
    return;
  }
  next_reload_ = SteadyNow() + absl::ToChronoNanoseconds(kRetryWait);
  if (reload_fault_ == status.message()) return;
  reload_fault_ = std::string(status.message());
  Log(LogLevel::kWarning, "pgbouncer_not_reloaded", {{"fault", reload_fault_}});
}

}  // namespace sluice::pgbouncer_sync

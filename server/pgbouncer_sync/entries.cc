#include "server/pgbouncer_sync/entries.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice::pgbouncer_sync {
namespace {

using config::v1::SyncedCluster;
using config::v1::SyncedDatabase;
using pgbouncer::ProposedNode;

// The name of pgbouncer's console.
constexpr absl::string_view kConsole = "pgbouncer";

// What stands in the entry as the node's host.
std::string HostOf(const SyncedCluster& settings, const ProposedNode& node) {
  const auto name = settings.names().find(node.host);
  return name == settings.names().end() ? node.host : name->second;
}

std::vector<Entry> EntriesOf(const SyncedCluster& settings,
                             const ProposedNode& node) {
  Entry entry;
  entry.host = HostOf(settings, node);
  entry.port = node.port;
  entry.pool_size = settings.pool_size();
  std::vector<Entry> entries;
  for (const SyncedDatabase& database : settings.databases()) {
    for (const std::string& role : database.roles()) {
      entry.name = absl::StrReplaceAll(settings.entry(),
                                       {{"{database}", database.name()},
                                        {"{role}", role},
                                        {"{node}", node.name}});
      entry.database = database.name();
      entry.role = role;
      entries.push_back(entry);
    }
  }
  if (!settings.has_probe()) return entries;
  entry.name =
      absl::StrReplaceAll(settings.probe().entry(), {{"{node}", node.name}});
  entry.database = settings.probe().database();
  entry.role = settings.probe().role();
  entry.pool_size = settings.probe().pool_size();
  entries.push_back(std::move(entry));
  return entries;
}

absl::Status CheckName(const ProposedNode& node, const std::string& name) {
  const std::string subject =
      absl::StrCat("node ", node.name, ": its entry ", name);
  if (name.size() > kMaxEntryNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(subject, " has ", name.size(), " bytes; pgbouncer takes ",
                     kMaxEntryNameBytes));
  }
  if (name != kConsole) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(subject, " is pgbouncer's console"));
}

}  // namespace

absl::StatusOr<std::vector<Entry>> MakeEntries(
    const SyncedCluster& settings, const std::vector<ProposedNode>& nodes,
    const absl::flat_hash_set<std::string>& taken) {
  std::vector<Entry> all;
  absl::flat_hash_set<std::string> names;
  for (const ProposedNode& node : nodes) {
    for (Entry& entry : EntriesOf(settings, node)) {
      absl::Status status = CheckName(node, entry.name);
      if (!status.ok()) return status;
      if (taken.contains(entry.name) || !names.insert(entry.name).second) {
        return absl::InvalidArgumentError(absl::StrCat(
            "node ", node.name, ": another entry is called ", entry.name));
      }
      all.push_back(std::move(entry));
    }
  }
  return all;
}

std::string RenderEntries(const std::string& cluster,
                          const std::vector<Entry>& entries) {
  std::string text =
      absl::StrCat("; Cluster ", cluster,
                   ". Written by sluice-pgbouncer-sync; changes are lost.\n");
  for (const Entry& entry : entries) {
    absl::StrAppend(&text, entry.name, " = host=", entry.host,
                    " port=", entry.port, " dbname=", entry.database,
                    " user=", entry.role, " pool_size=", entry.pool_size, "\n");
  }
  return text;
}

}  // namespace sluice::pgbouncer_sync

#include "server/pgbouncer_sync/cluster_sync.h"

#include <unistd.h>

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/deadline.h"
#include "server/base/proto_duration.h"
#include "server/pgbouncer/replace_file.h"
#include "server/pgbouncer_sync/proposal_file.h"
#include "server/pgbouncer_sync/sync_config.h"
#include "server/telemetry/log.h"

namespace sluice::pgbouncer_sync {
namespace {

using pgbouncer::Proposal;
using pgbouncer::ProposedNode;
using telemetry::Log;
using telemetry::LogLevel;

// pgbouncer's user writes it, and its group may read it.
constexpr mode_t kFileMode = 0640;

absl::Status Replace(const std::string& path, const std::string& text) {
  return pgbouncer::ReplaceFile(path, text, kFileMode,
                                pgbouncer::Durability::kHost);
}

std::string Describe(const ProposedNode& node) {
  return absl::StrCat(node.name, "=", node.host, " ", node.port);
}

std::string Describe(const std::vector<ProposedNode>& nodes) {
  return absl::StrJoin(nodes, ", ",
                       [](std::string* out, const ProposedNode& node) {
                         out->append(Describe(node));
                       });
}

}  // namespace

ClusterSync::ClusterSync(config::v1::SyncedCluster settings, uid_t gateway_user)
    : settings_(std::move(settings)),
      gateway_user_(gateway_user),
      allow_list_(MakeAllowList(settings_)) {}

void ClusterSync::Start(const EntryNames& taken) {
  absl::StatusOr<std::vector<ProposedNode>> nodes = ReadAccepted();
  if (nodes.ok()) {
    const absl::Status status =
        Accept(NodeSet().With(*std::move(nodes), SteadyNow()), taken);
    if (!status.ok()) NoteFault(status);
    return;
  }
  if (!absl::IsNotFound(nodes.status())) NoteFault(nodes.status());
  if (access(settings_.include_file().c_str(), F_OK) == 0) return;
  const absl::Status status =
      Replace(settings_.include_file(), RenderEntries(settings_.name(), {}));
  if (!status.ok()) NoteFault(status);
}

absl::StatusOr<std::vector<ProposedNode>> ClusterSync::ReadAccepted() const {
  absl::StatusOr<std::string> text =
      ReadProposalFile(settings_.include_file() + ".nodes", geteuid());
  if (!text.ok()) return text.status();
  absl::StatusOr<Proposal> proposal = pgbouncer::ParseProposal(*text);
  if (!proposal.ok()) return proposal.status();
  std::vector<ProposedNode> allowed;
  for (const ProposedNode& node : proposal->nodes) {
    const absl::Status status = allow_list_.Check(node.host, node.port);
    if (status.ok()) {
      allowed.push_back(node);
    } else {
      Log(LogLevel::kWarning, "node_no_longer_allowed",
          {{"cluster", settings_.name()}, {"node", Describe(node)}});
    }
  }
  return allowed;
}

absl::StatusOr<std::vector<ProposedNode>> ClusterSync::Judge(
    const EntryNames& taken) const {
  const absl::StatusOr<std::string> text =
      ReadProposalFile(settings_.proposal_file(), gateway_user_);
  if (!text.ok()) return text.status();
  absl::StatusOr<Proposal> proposal = pgbouncer::ParseProposal(*text);
  if (!proposal.ok()) return proposal.status();
  if (proposal->cluster != settings_.name()) {
    return absl::InvalidArgumentError(
        absl::StrCat("it is of the cluster ", proposal->cluster));
  }
  absl::Status status = CheckAllowed(proposal->nodes);
  if (!status.ok()) return status;
  status = MakeEntries(settings_, proposal->nodes, taken).status();
  if (!status.ok()) return status;
  absl::c_sort(proposal->nodes,
               [](const ProposedNode& one, const ProposedNode& other) {
                 return one.name < other.name;
               });
  return std::move(proposal->nodes);
}

absl::Status ClusterSync::CheckAllowed(
    const std::vector<ProposedNode>& nodes) const {
  for (const ProposedNode& node : nodes) {
    const absl::Status status = allow_list_.Check(node.host, node.port);
    if (!status.ok()) {
      return absl::PermissionDeniedError(
          absl::StrCat("node ", node.name, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

ClusterSync::Change ClusterSync::Look(const EntryNames& taken) {
  absl::StatusOr<std::vector<ProposedNode>> nodes = Judge(taken);
  if (!nodes.ok()) {
    NoteFault(nodes.status());
    return Change::kNone;
  }
  if (*nodes == nodes_.proposed()) {
    NoteSuccess();
    return Change::kNone;
  }
  const absl::Status status =
      Accept(nodes_.With(*std::move(nodes), SteadyNow()), taken);
  if (!status.ok()) {
    NoteFault(status);
    return Change::kNone;
  }
  NoteSuccess();
  return Change::kWritten;
}

std::vector<Entry> ClusterSync::EntriesOf(
    const std::vector<ProposedNode>& nodes) const {
  absl::StatusOr<std::vector<Entry>> entries =
      MakeEntries(settings_, nodes, {});
  return entries.ok() ? *std::move(entries) : std::vector<Entry>();
}

ClusterSync::Change ClusterSync::DropDeparted(
    const std::function<bool(const std::string&)>& in_use) {
  const auto node_in_use = [&](const ProposedNode& node) {
    return absl::c_any_of(EntriesOf({node}), [&in_use](const Entry& entry) {
      return in_use(entry.name);
    });
  };
  NodeSet left = nodes_.WithoutDeparted(
      node_in_use, FromProto(settings_.max_departure()), SteadyNow());
  if (left.All() == nodes_.All()) return Change::kNone;
  const absl::Status status = Accept(std::move(left), {});
  if (status.ok()) return Change::kWritten;
  NoteFault(status);
  return Change::kNone;
}

absl::Status ClusterSync::Accept(NodeSet nodes, const EntryNames& taken) {
  const std::vector<ProposedNode> all = nodes.All();
  absl::StatusOr<std::vector<Entry>> entries =
      MakeEntries(settings_, all, taken);
  if (!entries.ok()) return entries.status();
  absl::Status status = WriteFiles(all, *entries);
  if (!status.ok()) return status;
  nodes_ = std::move(nodes);
  entries_ = *std::move(entries);
  NoteNodes();
  return absl::OkStatus();
}

absl::Status ClusterSync::WriteFiles(const std::vector<ProposedNode>& nodes,
                                     const std::vector<Entry>& entries) const {
  const std::string& file = settings_.include_file();
  // A proposal of no node is none; without one there is nothing to take up.
  if (!nodes.empty()) {
    const absl::StatusOr<std::string> text =
        pgbouncer::FormatProposal({settings_.name(), nodes});
    if (!text.ok()) return text.status();
    absl::Status status = Replace(file + ".nodes", *text);
    if (!status.ok()) return status;
  }
  return Replace(file, RenderEntries(settings_.name(), entries));
}

void ClusterSync::NoteFault(const absl::Status& status) {
  if (status == fault_) return;
  fault_ = status;
  Log(LogLevel::kWarning,
      absl::IsNotFound(status) ? "proposal_missing" : "proposal_refused",
      {{"cluster", settings_.name()},
       {"fault", std::string(status.message())}});
}

void ClusterSync::NoteSuccess() {
  if (fault_.ok()) return;
  fault_ = absl::OkStatus();
  Log(LogLevel::kInfo, "proposal_taken_again", {{"cluster", settings_.name()}});
}

void ClusterSync::NoteNodes() const {
  Log(LogLevel::kInfo, "entries_written",
      {{"cluster", settings_.name()},
       {"nodes", Describe(nodes_.All())},
       {"entries", entries_.size()}});
}

}  // namespace sluice::pgbouncer_sync

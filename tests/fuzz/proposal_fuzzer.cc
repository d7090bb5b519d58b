// Any bytes as a proposal of the gateway: refused with the reason, or what can
// be written in that one way only, and makes entries that pgbouncer reads as
// they are meant.

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/pgbouncer/host_syntax.h"
#include "server/pgbouncer/proposal.h"
#include "server/pgbouncer_sync/allow_list.h"
#include "server/pgbouncer_sync/entries.h"
#include "server/pgbouncer_sync/sync_config.h"
#include "tests/fuzz/require.h"

namespace sluice::fuzz {
namespace {

using pgbouncer::FindHostKind;
using pgbouncer::HostKind;
using pgbouncer::Proposal;
using pgbouncer::ProposedNode;
using pgbouncer_sync::AllowList;
using pgbouncer_sync::Entry;

constexpr char kSettings[] =
    "gateway_user: sluice\n"
    "console: {socket_folder: /run}\n"
    "clusters:\n"
    "  - {name: main, proposal_file: /p, include_file: /i,\n"
    "     hosts: [pg.internal, .db.internal, 10.0.0.0/24, 'fd00::/64'],\n"
    "     databases: [{name: demo, roles: [demo_read]}],\n"
    "     probe: {role: prober}}\n";

config::v1::SyncedCluster MakeSettings() {
  config::ConfigFaults faults;
  const config::v1::PgbouncerSync sync =
      pgbouncer_sync::ReadSyncConfig(kSettings, faults);
  Require(faults.ToStatus().ok(), "good settings");
  return sync.clusters(0);
}

bool EndsNoWord(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' || c == ':';
}

void CheckHost(const std::string& host) {
  in_addr address;
  Require(FindHostKind(host).has_value(), "a host that is one");
  Require(absl::c_all_of(host, EndsNoWord), "a host of one word");
  Require(FindHostKind(host) == HostKind::kIpv4 ||
              inet_aton(host.c_str(), &address) == 0,
          "a name that resolvers take for an address");
}

// An independent look at what is allowed.
void CheckAllowed(const ProposedNode& node) {
  const HostKind kind = *FindHostKind(node.host);
  const bool name =
      node.host == "pg.internal" ||
      (node.host.size() > 12 && absl::EndsWith(node.host, ".db.internal"));
  const bool address = kind == HostKind::kIpv4
                           ? absl::StartsWith(node.host, "10.0.0.")
                           : absl::StartsWith(node.host, "fd00:");
  Require(node.port == 5432, "a port that is allowed");
  Require(kind == HostKind::kName ? name : address, "a host that is allowed");
}

// Takes a line apart as pgbouncer does: a name, " = ", words of KEY=VALUE.
void CheckLine(absl::string_view line, const Entry& entry) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(line, absl::MaxSplits(" = ", 1));
  Require(parts.first == entry.name && absl::c_all_of(entry.name, EndsNoWord),
          "the name of the entry");
  const std::vector<std::string> words = absl::StrSplit(parts.second, ' ');
  Require(words == std::vector<std::string>(
                       {absl::StrCat("host=", entry.host),
                        absl::StrCat("port=", entry.port),
                        absl::StrCat("dbname=", entry.database),
                        absl::StrCat("user=", entry.role),
                        absl::StrCat("pool_size=", entry.pool_size)}),
          "the words of the entry");
  Require(entry.role == "demo_read" || entry.role == "prober", "a known role");
}

void CheckEntries(const Proposal& proposal) {
  static const auto* const kCluster =
      new config::v1::SyncedCluster(MakeSettings());
  const absl::StatusOr<std::vector<Entry>> entries =
      pgbouncer_sync::MakeEntries(*kCluster, proposal.nodes, {});
  if (!entries.ok()) return;
  const std::string text =
      pgbouncer_sync::RenderEntries(proposal.cluster, *entries);
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  // Before them the comment, after them nothing.
  Require(lines.size() == entries->size() + 2, "a line for each entry");
  for (size_t i = 0; i < entries->size(); ++i) {
    CheckLine(lines[i + 1], (*entries)[i]);
  }
}

void Read(absl::string_view text) {
  static const auto* const kAllowed =
      new AllowList(pgbouncer_sync::MakeAllowList(MakeSettings()));
  const absl::StatusOr<Proposal> proposal = pgbouncer::ParseProposal(text);
  if (!proposal.ok()) {
    Require(
        absl::IsInvalidArgument(proposal.status()) &&
            absl::c_all_of(proposal.status().message(), absl::ascii_isprint),
        "a refusal that can be logged");
    return;
  }
  const absl::StatusOr<std::string> again =
      pgbouncer::FormatProposal(*proposal);
  Require(again.ok() && *again == text, "one way to write it");
  for (const ProposedNode& node : proposal->nodes) {
    CheckHost(node.host);
    if (kAllowed->Check(node.host, node.port).ok()) CheckAllowed(node);
  }
  CheckEntries(*proposal);
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  sluice::fuzz::Read({reinterpret_cast<const char*>(bytes), byte_count});
  return 0;
}

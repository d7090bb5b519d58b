// Proposal: the nodes of a cluster, as the gateway tells them to
// sluice-pgbouncer-sync, which makes pgbouncer's entries of them.
//
//   sluice-proposal 1 main
//   pg-1 10.0.0.5 5432
//   pg-2 pg-2.db.internal 5432
//   end 2
//
// It has nodes and nothing else: no role, no database, no password. A line ends
// with a line feed, its words are apart by one space, all is printable ASCII,
// and each thing can be written in one way only. The last line tells a file
// that was cut off.

#ifndef SLUICE_SERVER_PGBOUNCER_PROPOSAL_H_
#define SLUICE_SERVER_PGBOUNCER_PROPOSAL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/node_name.h"

namespace sluice::pgbouncer {

inline constexpr size_t kMaxProposalBytes = size_t{64} * 1024;

struct ProposedNode {
  bool operator==(const ProposedNode&) const = default;

  // As IsNodeName takes it; no other node has it.
  std::string name;
  // As FindHostKind takes it.
  std::string host;
  // Not 0.
  uint16_t port = 0;
};

struct Proposal {
  bool operator==(const Proposal&) const = default;

  // As IsClusterName takes it.
  std::string cluster;
  // One at least, kMaxNodes at most.
  std::vector<ProposedNode> nodes;
};

// Errors: INVALID_ARGUMENT with the line and what is wrong there.
absl::StatusOr<Proposal> ParseProposal(absl::string_view text);

// What ParseProposal reads.
// Errors: INVALID_ARGUMENT for a proposal that it would refuse.
absl::StatusOr<std::string> FormatProposal(const Proposal& proposal);

// Puts a proposal in the place of the file, whole: readers see the former or
// this one. All users may read it that may enter its folder. Blocks for as long
// as the file system takes.
// Errors: INVALID_ARGUMENT as FormatProposal; UNAVAILABLE for a file that can't
// be written, and the former stays.
absl::Status WriteProposal(const std::string& path, const std::string& cluster,
                           const std::vector<ProposedNode>& nodes);

// The number, 1 to 65535, written in digits without leading zeros.
// Errors: INVALID_ARGUMENT.
absl::StatusOr<uint16_t> ParsePort(absl::string_view text);

}  // namespace sluice::pgbouncer

#endif  // SLUICE_SERVER_PGBOUNCER_PROPOSAL_H_

#include "server/pgbouncer/proposal.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/pgbouncer/host_syntax.h"
#include "server/pgbouncer/replace_file.h"

namespace sluice::pgbouncer {
namespace {

constexpr absl::string_view kHeader = "sluice-proposal";
constexpr absl::string_view kVersion = "1";
constexpr absl::string_view kEnd = "end";
constexpr size_t kMaxShownBytes = 80;

// What stands in the file, for a message: bounded, and no byte of it can be
// taken for the message's own.
std::string Shown(absl::string_view text) {
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kMaxShownBytes)),
                      "\"");
}

absl::Status Fault(size_t line, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", message));
}

absl::Status CheckBytes(absl::string_view line, size_t number) {
  for (const char c : line) {
    if (c == ' ' || absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      continue;
    }
    return Fault(number, "a byte that is no printable ASCII");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ParseHeader(absl::string_view line) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  if (words.size() != 3 || words[0] != kHeader || words[1] != kVersion) {
    return Fault(1,
                 absl::StrCat("no \"", kHeader, " ", kVersion, " CLUSTER\""));
  }
  const absl::string_view cluster = words[2];
  if (!IsClusterName(cluster)) {
    return Fault(1, absl::StrCat("no name of a cluster: ", Shown(cluster)));
  }
  return std::string(cluster);
}

absl::StatusOr<ProposedNode> ParseNode(absl::string_view line, size_t number) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  if (words.size() != 3) {
    return Fault(number, absl::StrCat("no \"NAME HOST PORT\": ", Shown(line)));
  }
  if (!IsNodeName(words[0])) {
    return Fault(number, absl::StrCat("no name of a node: ", Shown(words[0])));
  }
  if (!FindHostKind(words[1]).has_value()) {
    return Fault(number,
                 absl::StrCat("no host name or IP address in its one form: ",
                              Shown(words[1])));
  }
  const absl::StatusOr<uint16_t> port = ParsePort(words[2]);
  if (!port.ok()) return Fault(number, port.status().message());
  return ProposedNode{std::string(words[0]), std::string(words[1]), *port};
}

// The lines between the first and the last.
absl::StatusOr<std::vector<ProposedNode>> ParseNodes(
    const std::vector<absl::string_view>& lines) {
  std::vector<ProposedNode> nodes;
  absl::flat_hash_set<std::string> names;
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    absl::StatusOr<ProposedNode> node = ParseNode(lines[i], i + 1);
    if (!node.ok()) return node.status();
    if (!names.insert(node->name).second) {
      return Fault(i + 1, absl::StrCat("a second node ", node->name));
    }
    nodes.push_back(*std::move(node));
    if (nodes.size() > kMaxNodes) {
      return Fault(i + 1, absl::StrCat("more than ", kMaxNodes, " nodes"));
    }
  }
  return nodes;
}

}  // namespace

absl::StatusOr<uint16_t> ParsePort(absl::string_view text) {
  uint32_t port = 0;
  const bool valid = !text.empty() && text.size() <= 5 && text[0] != '0' &&
                     absl::c_all_of(text, absl::ascii_isdigit) &&
                     absl::SimpleAtoi(text, &port) && port <= 65535;
  if (valid) return static_cast<uint16_t>(port);
  return absl::InvalidArgumentError(absl::StrCat("no port: ", Shown(text)));
}

absl::StatusOr<Proposal> ParseProposal(absl::string_view text) {
  if (text.size() > kMaxProposalBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMaxProposalBytes, " bytes"));
  }
  if (!absl::ConsumeSuffix(&text, "\n")) {
    return absl::InvalidArgumentError("no line feed at its end");
  }
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::Status status = CheckBytes(lines[i], i + 1);
    if (!status.ok()) return status;
  }
  absl::StatusOr<std::string> cluster = ParseHeader(lines[0]);
  if (!cluster.ok()) return cluster.status();
  absl::StatusOr<std::vector<ProposedNode>> nodes = ParseNodes(lines);
  if (!nodes.ok()) return nodes.status();
  if (lines.size() < 2 ||
      lines.back() != absl::StrCat(kEnd, " ", nodes->size())) {
    return Fault(lines.size(), absl::StrCat("no \"", kEnd, " ", nodes->size(),
                                            "\", it was cut off"));
  }
  if (nodes->empty()) return absl::InvalidArgumentError("no node");
  return Proposal{*std::move(cluster), *std::move(nodes)};
}

absl::StatusOr<std::string> FormatProposal(const Proposal& proposal) {
  std::string text =
      absl::StrCat(kHeader, " ", kVersion, " ", proposal.cluster, "\n");
  for (const ProposedNode& node : proposal.nodes) {
    absl::StrAppend(&text, node.name, " ", node.host, " ", node.port, "\n");
  }
  absl::StrAppend(&text, kEnd, " ", proposal.nodes.size(), "\n");
  const absl::StatusOr<Proposal> parsed = ParseProposal(text);
  if (!parsed.ok()) return parsed.status();
  if (*parsed != proposal) {
    return absl::InvalidArgumentError("a text that holds more than one");
  }
  return text;
}

absl::Status WriteProposal(const std::string& path, const std::string& cluster,
                           const std::vector<ProposedNode>& nodes) {
  const absl::StatusOr<std::string> text = FormatProposal({cluster, nodes});
  if (!text.ok()) return text.status();
  return ReplaceFile(path, *text, 0644, Durability::kProcess);
}

}  // namespace sluice::pgbouncer

// Any bytes as a file of nodes and as an answer of Consul: refused on one line,
// or nodes with addresses in their one form.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/host_port.h"
#include "server/base/node_name.h"
#include "server/topology/consul_answer.h"
#include "server/topology/file_source.h"
#include "server/topology/node_address.h"
#include "tests/fuzz/require.h"

namespace sluice::fuzz {
namespace {

using topology::NodeAddress;

void CheckNode(const NodeAddress& node) {
  Require(IsNodeName(node.name), "a name that no entry takes");
  Require(node.port != 0, "no port");
  Require(CanonicalHost(node.host) == node.host, "a host in another form");
  const bool is_ipv6 = absl::StrContains(node.host, ':');
  const std::string text = absl::StrCat(is_ipv6 ? "[" : "", node.host,
                                        is_ipv6 ? "]:" : ":", node.port);
  const absl::StatusOr<NodeAddress> again = topology::ParseNodeAddress(text);
  Require(again.ok() && *again == node, "an address that is read otherwise");
}

void CheckAnswer(const absl::StatusOr<std::vector<NodeAddress>>& answer) {
  if (!answer.ok()) {
    const absl::string_view message = answer.status().message();
    Require(absl::IsInvalidArgument(answer.status()) && !message.empty() &&
                !absl::StrContains(message, '\n'),
            "a refusal without its reason on one line");
    return;
  }
  for (const NodeAddress& node : *answer) CheckNode(node);
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  const std::string text(reinterpret_cast<const char*>(bytes), byte_count);
  sluice::fuzz::CheckAnswer(sluice::topology::ParseNodeFile(text));
  sluice::fuzz::CheckAnswer(sluice::topology::ParseConsulAnswer(text, {}));
  sluice::fuzz::CheckAnswer(sluice::topology::ParseConsulAnswer(text, {"a"}));
  return 0;
}

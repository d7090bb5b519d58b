#include "server/topology/node_address.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/host_port.h"
#include "server/base/node_name.h"

namespace sluice::topology {
namespace {

constexpr uint16_t kPostgresPort = 5432;
// Hexadecimal digits of the digest: among 100 nodes two names meet once in
// 5e10 clusters, and then the answer is refused.
constexpr size_t kDigestBytes = 12;

// FNV-1a of 64 bits (draft-eastlake-fnv): the same on every instance and in
// every version, which absl::Hash is not.
uint64_t Digest(absl::string_view text) {
  uint64_t digest = 0xcbf29ce484222325;
  for (const char c : text) {
    digest ^= static_cast<unsigned char>(c);
    digest *= 0x100000001b3;
  }
  return digest;
}

}  // namespace

std::string MakeNodeName(absl::string_view host, uint16_t port) {
  const std::string whole = absl::StrCat(host, "_", port);
  std::string name = whole;
  for (char& c : name) {
    if (!IsNodeName(absl::string_view(&c, 1))) c = '-';
  }
  if (name.size() <= kMaxNodeNameBytes) return name;
  name.resize(kMaxNodeNameBytes - 1 - kDigestBytes);
  const std::string digest =
      absl::StrCat(absl::Hex(Digest(whole), absl::kZeroPad16));
  return absl::StrCat(name, "-", digest.substr(0, kDigestBytes));
}

absl::StatusOr<NodeAddress> ParseNodeAddress(absl::string_view text) {
  absl::StatusOr<HostPort> parsed = ParseHostPort(text, kPostgresPort);
  if (!parsed.ok()) return parsed.status();
  std::string name = MakeNodeName(parsed->host, parsed->port);
  return NodeAddress{std::move(name), std::move(parsed->host), parsed->port};
}

}  // namespace sluice::topology

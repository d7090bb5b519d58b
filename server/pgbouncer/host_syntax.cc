#include "server/pgbouncer/host_syntax.h"

#include <string>

#include "absl/strings/match.h"
#include "server/base/host_port.h"

namespace sluice::pgbouncer {

absl::optional<HostKind> FindHostKind(absl::string_view host) {
  if (CanonicalHost(host) != host) return absl::nullopt;
  if (absl::StrContains(host, ':')) return HostKind::kIpv6;
  return IsIpAddress(std::string(host)) ? HostKind::kIpv4 : HostKind::kName;
}

}  // namespace sluice::pgbouncer

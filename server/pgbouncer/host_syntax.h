// FindHostKind: what may stand where pgbouncer takes a host of TCP.

#ifndef SLUICE_SERVER_PGBOUNCER_HOST_SYNTAX_H_
#define SLUICE_SERVER_PGBOUNCER_HOST_SYNTAX_H_

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace sluice::pgbouncer {

enum class HostKind { kName, kIpv4, kIpv6 };

// The kind of a host that is written in its one form, that which CanonicalHost
// (base/host_port.h) gives and discovery takes; nothing for all others, and for
// what is no host.
absl::optional<HostKind> FindHostKind(absl::string_view host);

}  // namespace sluice::pgbouncer

#endif  // SLUICE_SERVER_PGBOUNCER_HOST_SYNTAX_H_

// FindHostKind: what may stand where pgbouncer takes a host of TCP.

#ifndef SLUICE_SERVER_PGBOUNCER_HOST_SYNTAX_H_
#define SLUICE_SERVER_PGBOUNCER_HOST_SYNTAX_H_

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace sluice::pgbouncer {

enum class HostKind { kName, kIpv4, kIpv6 };

// The kind of a host that is written in the one form which it has here; nothing
// for all others, and for what is no host.
//
// A name: lower case, labels of letters, digits, underscores and inner hyphens,
// at most 253 bytes, no dot at its end (RFC 1123, section 2.1). Its last label
// is no number: resolvers take "127.1" and "0x7f000001" for addresses. IPv4:
// four decimal numbers without leading zeros. IPv6: as RFC 5952 has it, without
// a zone. None that stands for an IPv4 address.
absl::optional<HostKind> FindHostKind(absl::string_view host);

}  // namespace sluice::pgbouncer

#endif  // SLUICE_SERVER_PGBOUNCER_HOST_SYNTAX_H_

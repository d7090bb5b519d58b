// What clusters and their nodes may be called, and how many nodes there may be:
// one rule for settings, discovery, and what is proposed for pgbouncer.

#ifndef SLUICE_SERVER_BASE_NODE_NAME_H_
#define SLUICE_SERVER_BASE_NODE_NAME_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice {

// Most nodes of a cluster; what names more is refused.
inline constexpr size_t kMaxNodes = 100;
// Of a node's name, so that it fits into the name of an entry of pgbouncer.
inline constexpr size_t kMaxNodeNameBytes = 32;
inline constexpr size_t kMaxClusterNameBytes = 63;

// Whether it may name a node: 1 to 32 of a-z, 0-9, '.', '_' and '-'.
bool IsNodeName(absl::string_view name);

// Whether it may name a cluster whose nodes are proposed: 1 to 63 of the same
// and A-Z.
bool IsClusterName(absl::string_view name);

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_NODE_NAME_H_

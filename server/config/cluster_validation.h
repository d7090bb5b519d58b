// ValidateClusters: whether the settings of clusters make sense, and those of
// the databases that are on one.

#ifndef SLUICE_SERVER_CONFIG_CLUSTER_VALIDATION_H_
#define SLUICE_SERVER_CONFIG_CLUSTER_VALIDATION_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "server/config/config_faults.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

// Most nodes of a cluster; what proposes more is refused.
inline constexpr int kMaxNodes = 1000;
// Of a node's name, so that it fits into the name of an entry.
inline constexpr size_t kMaxNodeNameBytes = 32;

// Whether it may name a node: 1 to 32 of a-z, 0-9, '.', '_' and '-'.
bool IsNodeName(absl::string_view name);

// Adds every fault of `clusters`, and of what `databases` say of clusters.
void ValidateClusters(const v1::Config& config, ConfigFaults& faults);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CLUSTER_VALIDATION_H_

// ValidateClusters: whether the settings of clusters make sense, and those of
// the databases that are on one.

#ifndef SLUICE_SERVER_CONFIG_CLUSTER_VALIDATION_H_
#define SLUICE_SERVER_CONFIG_CLUSTER_VALIDATION_H_

#include <cstddef>

#include "server/config/config_faults.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

// Most bytes that the name of a node may have, so that the names of its entries
// of pgbouncer, the cluster's and those of the databases on it, have at
// most 63. A role counts as one byte: the policy says which there are.
size_t MaxNodeNameBytes(const v1::Config& config, const v1::Cluster& cluster);

// Adds every fault of `clusters`, and of what `databases` say of clusters.
void ValidateClusters(const v1::Config& config, ConfigFaults& faults);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CLUSTER_VALIDATION_H_

// The values of the settings of clusters, and of the databases on them, that a
// configuration does not give.

#ifndef SLUICE_SERVER_CONFIG_CLUSTER_DEFAULTS_H_
#define SLUICE_SERVER_CONFIG_CLUSTER_DEFAULTS_H_

#include "server/config/config_faults.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

// `faults` knows what was given. The pool's settings are complete.
void FillClusterDefaults(const ConfigFaults& faults, v1::Config& config);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CLUSTER_DEFAULTS_H_

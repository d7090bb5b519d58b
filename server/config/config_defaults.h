// The values of the settings that a configuration does not give, as
// config.proto states them.

#ifndef SLUICE_SERVER_CONFIG_CONFIG_DEFAULTS_H_
#define SLUICE_SERVER_CONFIG_CONFIG_DEFAULTS_H_

#include "server/config/config_faults.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

// A configuration of nothing but defaults, to be read into.
v1::Config MakeDefaultConfig();

// Fills in the defaults that depend on other settings or on the machine.
// `faults` knows what was given.
void FillDerivedDefaults(const ConfigFaults& faults, v1::Config& config);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CONFIG_DEFAULTS_H_

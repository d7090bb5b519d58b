// ValidateConfig: whether a configuration makes sense, as far as it can be
// told without starting anything.

#ifndef SLUICE_SERVER_CONFIG_CONFIG_VALIDATION_H_
#define SLUICE_SERVER_CONFIG_CONFIG_VALIDATION_H_

#include "server/config/config_faults.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

// Adds every fault of a configuration whose defaults are filled in: what is
// missing, out of range, not unique, refers to nothing, or names a file that
// can't be read. What the files hold is not looked at.
void ValidateConfig(const v1::Config& config, ConfigFaults& faults);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CONFIG_VALIDATION_H_

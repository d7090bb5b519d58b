// ValidatePolicy: whether a policy makes sense, by itself and with the
// configuration that it belongs to.

#ifndef SLUICE_SERVER_POLICY_POLICY_VALIDATION_H_
#define SLUICE_SERVER_POLICY_POLICY_VALIDATION_H_

#include "server/config/config_faults.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/config/v1/policy.pb.h"

namespace sluice::policy {

// Adds every fault: what policy.proto demands of each field and is not so.
void ValidatePolicy(const config::v1::Policy& policy,
                    const config::v1::Config& config,
                    config::ConfigFaults& faults);

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_POLICY_VALIDATION_H_

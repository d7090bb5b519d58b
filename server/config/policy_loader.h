// LoadPolicy: from the file that says who may do what to its message.

#ifndef SLUICE_SERVER_CONFIG_POLICY_LOADER_H_
#define SLUICE_SERVER_CONFIG_POLICY_LOADER_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/config/config_faults.h"
#include "sluice/config/v1/policy.pb.h"

namespace sluice::config {

// A policy as it is written, and what is wrong with it so far.
struct PolicyFile {
  v1::Policy policy;
  // Those of reading: fields that are unknown, or of another type. Knows the
  // lines of all fields, for who judges the policy further.
  ConfigFaults faults;
};

// Reads a policy; whether it makes sense is for policy::Policy::Make to say.
// Errors: NOT_FOUND or PERMISSION_DENIED if the file can't be read;
// INVALID_ARGUMENT for more than 1 MiB.
absl::StatusOr<PolicyFile> LoadPolicy(const std::string& file);

// The same for a text.
PolicyFile ReadPolicy(const std::string& text);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_POLICY_LOADER_H_

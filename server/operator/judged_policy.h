// JudgePolicy: a policy as the gateway would take it, read offline.

#ifndef SLUICE_SERVER_OPERATOR_JUDGED_POLICY_H_
#define SLUICE_SERVER_OPERATOR_JUDGED_POLICY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/policy/policy.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::operators {

struct JudgedPolicy {
  std::string file;
  // What it was judged with.
  config::v1::Config config;
  std::shared_ptr<const policy::Policy> policy;
};

// Reads `policy_file`, or where that is empty the one that the configuration
// names. Without a configuration the policy is judged by itself: its databases
// count as served, its first identity tells the trust domain. Of the
// configuration no other file is looked at.
// Errors: NOT_FOUND, PERMISSION_DENIED for a file that can't be read;
// INVALID_ARGUMENT with every fault, one to a line.
absl::StatusOr<JudgedPolicy> JudgePolicy(const std::string& policy_file,
                                         const std::string& config_file);

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_JUDGED_POLICY_H_

#include "server/operator/judged_policy.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/config/config_defaults.h"
#include "server/config/config_loader.h"
#include "server/config/policy_loader.h"
#include "server/identity/spiffe_id.h"

namespace sluice::operators {
namespace {

std::string TrustDomainOf(const config::v1::Policy& policy) {
  for (const config::v1::App& app : policy.apps()) {
    for (const std::string& text : app.spiffe_ids()) {
      absl::StatusOr<identity::SpiffeId> id = identity::SpiffeId::Parse(text);
      if (id.ok()) return std::string(id->trust_domain());
    }
  }
  return "";
}

// One that the policy fits as well as it can fit any.
config::v1::Config AssumedConfig(const config::v1::Policy& policy) {
  config::v1::Config config = config::MakeDefaultConfig();
  config.mutable_identity()->set_trust_domain(TrustDomainOf(policy));
  config.mutable_identity()->set_allow_common_names(true);
  std::set<std::string> names;
  for (const config::v1::App& app : policy.apps()) {
    for (const config::v1::Grant& grant : app.grants()) {
      if (!grant.database().empty()) names.insert(grant.database());
    }
  }
  for (const std::string& name : names) config.add_databases()->set_name(name);
  config::FillDerivedDefaults(config::ConfigFaults(), config);
  return config;
}

absl::Status In(const std::string& file, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(file, " is not valid:\n", status.message()));
}

}  // namespace

absl::StatusOr<JudgedPolicy> JudgePolicy(const std::string& policy_file,
                                         const std::string& config_file) {
  JudgedPolicy judged;
  if (!config_file.empty()) {
    absl::StatusOr<config::v1::Config> config = config::ReadConfig(config_file);
    if (absl::IsInvalidArgument(config.status())) {
      return In(config_file, config.status());
    }
    if (!config.ok()) return config.status();
    judged.config = *std::move(config);
  }
  judged.file = policy_file.empty() ? judged.config.policy_file() : policy_file;
  absl::StatusOr<config::PolicyFile> file = config::LoadPolicy(judged.file);
  if (!file.ok()) return file.status();
  if (config_file.empty()) judged.config = AssumedConfig(file->policy);
  absl::StatusOr<std::shared_ptr<const policy::Policy>> policy =
      policy::Policy::Make(file->policy, judged.config,
                           std::move(file->faults));
  if (!policy.ok()) return In(judged.file, policy.status());
  judged.policy = *std::move(policy);
  return judged;
}

}  // namespace sluice::operators

// Any bytes as a policy file: refused with its faults, or a policy that keeps
// what it promises. The time for an input is bounded by run_fuzzer.py.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/config/config_defaults.h"
#include "server/config/policy_loader.h"
#include "server/policy/policy.h"
#include "tests/fuzz/require.h"

namespace sluice::fuzz {
namespace {

config::v1::Config MakeConfig() {
  config::v1::Config config = config::MakeDefaultConfig();
  config.mutable_identity()->set_trust_domain("sluice.example");
  config.mutable_identity()->set_allow_common_names(true);
  for (const char* name : {"demo", "legacy"}) {
    config.add_databases()->set_name(name);
  }
  config.mutable_databases(1)->set_entry("legacy");
  config::FillDerivedDefaults(config::ConfigFaults(), config);
  return config;
}

void CheckApp(const policy::App& app) {
  std::map<std::string, policy::Rights> rights;
  for (const policy::Grant& grant : app.grants) {
    Require(!grant.role.empty() && !grant.rights.empty(), "an empty grant");
    Require(grant.database == "demo" || grant.database == "legacy",
            "a database that nobody serves");
    policy::Rights& before = rights[grant.database];
    Require(before.And(grant.rights).empty(), "a right with two grants");
    before.Add(grant.rights);
    Require(app.MayUse(grant.database), "a grant that allows nothing");
  }
  for (const auto& [database, all] : rights) {
    Require(app.RightsIn(database) == all, "rights that are no grant's");
  }
  Require(app.limits.burst_calls >= 1, "a bucket that is always empty");
  Require(app.default_ttl > absl::ZeroDuration() &&
              app.default_ttl <= app.max_ttl &&
              app.max_ttl <= absl::Minutes(15),
          "tokens that are valid too long");
}

void CheckPolicy(const policy::Policy& policy,
                 const config::v1::Policy& written) {
  Require(policy.apps().size() == static_cast<size_t>(written.apps_size()),
          "an app is lost");
  for (int i = 0; i < written.apps_size(); ++i) {
    const policy::App& app = policy.apps()[i];
    CheckApp(app);
    Require(policy.FindAppByName(app.name) == &app, "an app without its name");
    for (const std::string& id : written.apps(i).spiffe_ids()) {
      Require(policy.FindApp(id) == &app, "an identity of another app");
    }
    for (const std::string& name : written.apps(i).common_names()) {
      Require(policy.FindApp("CN=" + name) == &app,
              "a common name of another app");
    }
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  static const auto* const kConfig =
      new sluice::config::v1::Config(sluice::fuzz::MakeConfig());
  const sluice::config::PolicyFile file = sluice::config::ReadPolicy(
      std::string(reinterpret_cast<const char*>(bytes), byte_count));
  const auto policy =
      sluice::policy::Policy::Make(file.policy, *kConfig, file.faults);
  if (policy.ok()) {
    sluice::fuzz::CheckPolicy(**policy, file.policy);
  } else {
    sluice::fuzz::Require(absl::IsInvalidArgument(policy.status()) &&
                              !policy.status().message().empty(),
                          "a refusal without its reason");
  }
  return 0;
}

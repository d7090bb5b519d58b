// Policies for tests, written as in their files.

#ifndef SLUICE_SERVER_RPC_TEST_POLICY_H_
#define SLUICE_SERVER_RPC_TEST_POLICY_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "server/config/policy_loader.h"
#include "server/policy/policy.h"

namespace sluice::rpc {

// Identities of these policies are of the trust domain "sluice.test", their
// databases `app` and `spare`.
inline std::shared_ptr<const policy::Policy> MakePolicy(
    const std::string& text) {
  config::v1::Config config;
  config.mutable_identity()->set_trust_domain("sluice.test");
  config.mutable_tokens()->mutable_default_ttl()->set_seconds(600);
  config.mutable_tokens()->mutable_max_ttl()->set_seconds(900);
  for (const char* name : {"app", "spare"}) {
    config::v1::Database& database = *config.add_databases();
    database.set_name(name);
    database.set_entry(std::string(name) + ".{role}");
  }
  config::PolicyFile file = config::ReadPolicy(text);
  absl::StatusOr<std::shared_ptr<const policy::Policy>> made =
      policy::Policy::Make(file.policy, config, std::move(file.faults));
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? *std::move(made) : nullptr;
}

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_TEST_POLICY_H_

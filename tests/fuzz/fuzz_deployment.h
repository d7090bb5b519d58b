// FuzzDeployment: a key, a clock that stands still, and one valid token, the
// same in every run.

#ifndef SLUICE_TESTS_FUZZ_FUZZ_DEPLOYMENT_H_
#define SLUICE_TESTS_FUZZ_FUZZ_DEPLOYMENT_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "server/base/snapshot.h"
#include "server/identity/test_token_forge.h"
#include "server/identity/token_verifier.h"

namespace sluice::fuzz {

// Threads: one.
class FuzzDeployment {
 public:
  static FuzzDeployment& Get();

  const identity::TokenForge& forge() const { return forge_; }
  const std::string& valid() const { return valid_; }

  bool Verifies(absl::string_view token);

 private:
  FuzzDeployment();

  identity::TokenForge forge_;
  std::string valid_;
  Snapshot<identity::SigningKeys> keys_;
  Snapshot<identity::Revocations> revocations_;
  std::unique_ptr<identity::TokenVerifier> verifier_;
};

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FUZZ_DEPLOYMENT_H_

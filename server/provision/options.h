// The command line of sluice-provision.

#ifndef SLUICE_SERVER_PROVISION_OPTIONS_H_
#define SLUICE_SERVER_PROVISION_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::provision {

extern const char kUsage[];

struct Options {
  enum class Action { kApply, kCheck, kDryRun, kHelp, kVersion };
  Action action = Action::kApply;
  enum class Schema { kServed, kControl } schema = Schema::kServed;
  // As given; "" for the environment alone.
  std::string connect;
  std::vector<std::string> grant_to;
};

// `arguments` without the program's name.
// Errors: INVALID_ARGUMENT.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_OPTIONS_H_

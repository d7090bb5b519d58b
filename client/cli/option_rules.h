// The options of the command line, one by one.

#ifndef SLUICE_CLIENT_CLI_OPTION_RULES_H_
#define SLUICE_CLIENT_CLI_OPTION_RULES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/cli/options.h"

namespace sluice::cli {

// Whether an option has a value.
enum class OptionArgument { kNone, kRequired };

struct OptionRule {
  absl::string_view name;
  OptionArgument argument;
  // Notes the option.
  // Errors: INVALID_ARGUMENT with a sentence for the user.
  absl::Status (*apply)(absl::string_view value, Options& options);
};

// The option of that name, which begins with dashes; null where there is none.
const OptionRule* FindOptionRule(absl::string_view name);

// The same of those that say how a transaction runs. `--timeout` is among them,
// as the limit of the whole transaction.
const OptionRule* FindTransactionRule(absl::string_view name);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_OPTION_RULES_H_

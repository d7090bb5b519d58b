// The commands of `sluice` by their names.

#ifndef SLUICE_CLIENT_CLI_COMMAND_NAMES_H_
#define SLUICE_CLIENT_CLI_COMMAND_NAMES_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/options.h"

namespace sluice::cli {

struct NamedCommand {
  Command command;
  // How many arguments name it: 2 for `token issue` and the like.
  size_t word_count;
};

// The command that `arguments`, one at least, begin with.
// Errors: INVALID_ARGUMENT with a sentence for the user.
absl::StatusOr<NamedCommand> FindCommand(
    const std::vector<absl::string_view>& arguments);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_COMMAND_NAMES_H_

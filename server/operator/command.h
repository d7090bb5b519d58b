// Command: one thing that sluice-operator does.

#ifndef SLUICE_SERVER_OPERATOR_COMMAND_H_
#define SLUICE_SERVER_OPERATOR_COMMAND_H_

#include <cstddef>
#include <ostream>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/operator/arguments.h"

namespace sluice::operators {

// A command has a file of its own and a line in commands.cc.
struct Command {
  // Its words: "keys rotate".
  absl::string_view name;
  // For the list of all commands: one line, no full stop.
  absl::string_view summary;
  // What --help prints: "Usage: sluice ..." and what every option means.
  absl::string_view usage;
  size_t min_operands = 0;
  size_t max_operands = 0;
  std::vector<OptionRule> options;
  // Writes what it has to say to `output` as it happens; the error goes to
  // standard error and makes the exit code 1, or 2 if it is WrongUse.
  absl::Status (*run)(const Arguments& arguments, std::ostream& output);
};

// An error in the command line that only the command itself sees.
absl::Status WrongUse(absl::string_view message);
bool IsWrongUse(const absl::Status& status);

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_COMMAND_H_

// The operator's program, which carries out what needs no gateway.

#ifndef SLUICE_CLIENT_CLI_OPERATOR_PROGRAM_H_
#define SLUICE_CLIENT_CLI_OPERATOR_PROGRAM_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// Whether `sluice-operator` has the command: keys, policy or audit.
bool IsOperatorCommand(absl::string_view name);

// Becomes `sluice-operator` with these arguments: the one beside this program,
// else the first in PATH. Returns only where there is none: why.
std::string RunOperatorProgram(const std::vector<absl::string_view>& arguments);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_OPERATOR_PROGRAM_H_

// All commands of sluice-operator, and how one of them is found and run.

#ifndef SLUICE_SERVER_OPERATOR_COMMANDS_H_
#define SLUICE_SERVER_OPERATOR_COMMANDS_H_

#include <ostream>
#include <string>
#include <vector>

#include "server/operator/command.h"

namespace sluice::operators {

// In the order in which --help lists them.
const std::vector<Command>& AllCommands();

// The exit code: 0 done, 1 failed, 2 a wrong command line. `words` are without
// the program's name.
int RunCommandLine(const std::vector<Command>& commands,
                   const std::vector<std::string>& words, std::ostream& output,
                   std::ostream& errors);

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_COMMANDS_H_

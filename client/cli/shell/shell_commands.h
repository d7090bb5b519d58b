// The commands that begin with a backslash.

#ifndef SLUICE_CLIENT_CLI_SHELL_SHELL_COMMANDS_H_
#define SLUICE_CLIENT_CLI_SHELL_SHELL_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/cli/shell/shell_session.h"
#include "client/cli/statement_splitter.h"

namespace sluice::cli {

// Where a command stands.
struct CommandContext {
  ShellSession& session;
  // Holds the statement that has begun before it.
  StatementSplitter& splitter;
  ScriptPlace place;
  // How many scripts called each other to get here.
  int script_depth = 0;
};

struct CommandResult {
  int status = kDone;
  bool leaves_shell = false;
};

// Runs a command, given without its backslash.
CommandResult RunShellCommand(absl::string_view command,
                              const CommandContext& context);

// The names with their backslashes, in order.
std::vector<std::string> ShellCommandNames();

// What \? prints.
std::string ShellCommandHelp();

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_SHELL_COMMANDS_H_

// `sluice shell` and `sluice tx`: statements and commands, typed or out of a
// file.

#ifndef SLUICE_CLIENT_CLI_SHELL_SHELL_H_
#define SLUICE_CLIENT_CLI_SHELL_SHELL_H_

#include <string>

#include "client/cli/interrupts.h"
#include "client/cli/options.h"
#include "client/cli/shell/shell_commands.h"
#include "client/cli/shell/shell_session.h"
#include "sluice/client/client.h"

namespace sluice::cli {

// Runs the shell: at the terminal, when standard input and output are one and
// `options` names no file; else over the file or standard input, up to the
// first error. For kTransact it runs one transaction, and ends with it; the end
// of a script that went well commits it. Gives an exit status.
int RunShell(const client::Client& client, const Options& options);

// Runs the statements and commands of a file, "-" being standard input, up to
// the first that fails or leaves the shell.
CommandResult RunShellScript(ShellSession& session, const std::string& path,
                             int script_depth);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_SHELL_H_

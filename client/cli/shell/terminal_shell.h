// The prompt.

#ifndef SLUICE_CLIENT_CLI_SHELL_TERMINAL_SHELL_H_
#define SLUICE_CLIENT_CLI_SHELL_TERMINAL_SHELL_H_

#include <string>

#include "client/cli/interrupts.h"
#include "client/cli/shell/history_file.h"
#include "client/cli/shell/line_editor.h"
#include "client/cli/shell/shell_session.h"
#include "client/cli/statement_splitter.h"

namespace sluice::cli {

// Reads lines, runs what they complete, and goes on after errors.
class TerminalShell {
 public:
  // Lifetime: both outlive it.
  TerminalShell(ShellSession& session, Interrupts& interrupts);

  // Until \q, Ctrl-D, or the end of what the session is for. Gives an exit
  // status.
  int Run();

 private:
  enum class Next { kReadOn, kLeave };

  Completion Complete(absl::string_view before, absl::string_view after);
  std::string MakePrompt() const;
  Next RunLine(const std::string& line);
  void RememberTyped();
  void ForgetTyped();

  ShellSession& session_;
  Interrupts& interrupts_;
  StatementSplitter splitter_;
  HistoryFile history_;
  LineEditor editor_;
  // Exit status of the last statement or command.
  int status_ = kDone;
  // The lines since the last statement or command that is done.
  std::string typed_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_TERMINAL_SHELL_H_

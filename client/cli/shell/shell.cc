#include "client/cli/shell/shell.h"

#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstring>
#include <iostream>

#include "client/cli/help.h"
#include "client/cli/script_reader.h"
#include "client/cli/shell/shell_commands.h"
#include "client/cli/shell/terminal_shell.h"

namespace sluice::cli {
namespace {

// The editor reads characters in the locale's encoding, which is UTF-8 for us
// in any case.
void SetEncoding() {
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
  }
}

int RunTerminal(const client::Client& client, const Options& options) {
  SetEncoding();
  Interrupts interrupts;
  StatementCaller caller(client, &interrupts);
  ShellSession session(caller, &interrupts, options, Paging::kOn);
  std::cout << VersionText() << "Database " << options.database << " at "
            << options.connection.address << "; \\? for help.\n"
            << std::flush;
  TerminalShell(session, interrupts).Run();
  return kDone;
}

}  // namespace

int RunShell(const client::Client& client, const Options& options) {
  if (options.source == SqlSource::kStandardInput &&
      isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
    return RunTerminal(client, options);
  }
  StatementCaller caller(client, /*interrupts=*/nullptr);
  ShellSession session(caller, /*interrupts=*/nullptr, options, Paging::kOff);
  const std::string path =
      options.source == SqlSource::kFile ? options.script_file : "-";
  return RunShellScript(session, path, /*script_depth=*/0);
}

int RunShellScript(ShellSession& session, const std::string& path,
                   int script_depth) {
  auto reader =
      ScriptReader::Open(path, StatementSplitter::Backslash::kCommand);
  if (!reader.ok()) {
    std::cerr << reader.status().message() << "\n";
    return kCallFailed;
  }
  for (;;) {
    auto item = reader->Next();
    if (!item.ok()) {
      std::cerr << item.status().message() << "\n";
      return kCallFailed;
    }
    if (!item->has_value()) return kDone;
    const ScriptPlace place = {.file = reader->name(), .line = (*item)->line};
    CommandResult result;
    if ((*item)->kind == ScriptItem::Kind::kStatement) {
      result.status = session.RunStatement((*item)->text, place);
    } else {
      result = RunShellCommand((*item)->text, {.session = session,
                                               .splitter = reader->splitter(),
                                               .place = place,
                                               .script_depth = script_depth});
    }
    if (result.status != kDone || result.leaves_shell) return result.status;
  }
}

}  // namespace sluice::cli

#include "client/cli/shell/shell.h"

#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstring>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "client/cli/help.h"
#include "client/cli/inquiry_text.h"
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

std::string Greeting(const Options& options) {
  const std::string place = absl::StrCat("atabase ", options.database, " at ",
                                         options.connection.address);
  if (options.command != Command::kTransact) {
    return absl::StrCat(VersionText(), "D", place, "; \\? for help.\n");
  }
  return absl::StrCat("A transaction in d", place,
                      "; COMMIT or ROLLBACK ends it, \\? for help.\n");
}

// How long whoever types has, which is not much unless configured.
std::string FetchLimits(StatementCaller& caller, const Options& options) {
  const auto capabilities = caller.GetCapabilities(options.timeout);
  if (!capabilities.ok()) return "";
  return DescribeTransactionLimits(capabilities->limits(), options.transaction);
}

int RunTerminal(const client::Client& client, const Options& options) {
  SetEncoding();
  Interrupts interrupts;
  StatementCaller caller(client, &interrupts);
  ShellSession session(caller, options, Paging::kOn);
  std::string limits;
  if (options.command == Command::kTransact) {
    limits = FetchLimits(caller, options);
    const int begun = session.BeginOnly();
    if (begun != kDone) return begun;
  }
  std::cout << Greeting(options) << limits << std::flush;
  return TerminalShell(session, interrupts).Run();
}

int RunOneTransaction(ShellSession& session, const std::string& path) {
  const int begun = session.BeginOnly();
  if (begun != kDone) return begun;
  const CommandResult end = RunShellScript(session, path, /*script_depth=*/0);
  const bool is_done = end.status == kDone && !end.leaves_shell;
  return session.Leave(is_done ? session.CommitOnly() : end.status);
}

}  // namespace

int RunShell(const client::Client& client, const Options& options) {
  if (options.source == SqlSource::kStandardInput &&
      isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
    return RunTerminal(client, options);
  }
  StatementCaller caller(client, /*interrupts=*/nullptr);
  ShellSession session(caller, options, Paging::kOff);
  const std::string path =
      options.source == SqlSource::kFile ? options.script_file : "-";
  if (options.command == Command::kTransact) {
    return RunOneTransaction(session, path);
  }
  return session.Leave(RunShellScript(session, path, 0).status);
}

CommandResult RunShellScript(ShellSession& session, const std::string& path,
                             int script_depth) {
  auto reader =
      ScriptReader::Open(path, StatementSplitter::Backslash::kCommand);
  if (!reader.ok()) {
    std::cerr << reader.status().message() << "\n";
    return {.status = kCallFailed};
  }
  for (;;) {
    auto item = reader->Next();
    if (!item.ok()) {
      std::cerr << item.status().message() << "\n";
      return {.status = kCallFailed};
    }
    if (!item->has_value()) return {};
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
    if (result.status != kDone || result.leaves_shell) return result;
  }
}

}  // namespace sluice::cli

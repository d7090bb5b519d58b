#include "client/cli/shell/terminal_shell.h"

#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/shell/shell_commands.h"

namespace sluice::cli {
namespace {

// What the prompt shows of an unfinished statement.
char MarkOf(StatementSplitter::State state) {
  switch (state) {
    case StatementSplitter::State::kBetween:
      return '=';
    case StatementSplitter::State::kString:
      return '\'';
    case StatementSplitter::State::kQuotedName:
      return '"';
    case StatementSplitter::State::kDollarString:
      return '$';
    case StatementSplitter::State::kComment:
      return '*';
    case StatementSplitter::State::kParenthesis:
      return '(';
    case StatementSplitter::State::kStatement:
    case StatementSplitter::State::kRoutineBody:
      break;
  }
  return '-';
}

}  // namespace

TerminalShell::TerminalShell(ShellSession& session, Interrupts& interrupts)
    : session_(session),
      interrupts_(interrupts),
      splitter_(StatementSplitter::Backslash::kCommand),
      history_(HistoryFile::DefaultPath()),
      editor_(interrupts,
              [this](absl::string_view before, absl::string_view after) {
                return Complete(before, after);
              }) {
  for (const std::string& line : history_.lines()) editor_.Remember(line);
}

Completion TerminalShell::Complete(absl::string_view before,
                                   absl::string_view after) {
  const CompletionCatalog& catalog = session_.FetchCatalog();
  if (absl::StartsWith(before, "\\")) {
    return CompleteCommand(before, ShellCommandNames(), catalog);
  }
  return CompleteSql(absl::StrCat(splitter_.pending(), "\n", before), after,
                     catalog);
}

std::string TerminalShell::MakePrompt() const {
  return absl::StrCat(session_.database(),
                      std::string(1, MarkOf(splitter_.state())),
                      session_.transaction().mark(), "> ");
}

int TerminalShell::Run() {
  while (!session_.is_over()) {
    std::string line;
    switch (editor_.Read(MakePrompt(), line)) {
      case LineEditor::Result::kEnd:
        std::cout << "\n" << std::flush;
        return session_.Leave(kDone);
      case LineEditor::Result::kInterrupted:
        ForgetTyped();
        break;
      case LineEditor::Result::kLine:
        if (RunLine(line) == Next::kLeave) return session_.Leave(kDone);
        break;
    }
  }
  return status_;
}

TerminalShell::Next TerminalShell::RunLine(const std::string& line) {
  absl::StrAppend(&typed_, line, "\n");
  splitter_.Add(absl::StrCat(line, "\n"));
  while (absl::optional<ScriptItem> item = splitter_.Next()) {
    if (item->kind == ScriptItem::Kind::kStatement) {
      status_ = session_.RunStatement(item->text, /*place=*/{});
    } else {
      const CommandResult result = RunShellCommand(
          item->text, {.session = session_, .splitter = splitter_});
      status_ = result.status;
      if (result.leaves_shell) {
        RememberTyped();
        return Next::kLeave;
      }
    }
    // A cancelled statement takes those behind it along, as does the end of
    // the transaction that they were for.
    if (interrupts_.HasCome() || session_.is_over()) splitter_.Clear();
    interrupts_.Clear();
  }
  if (splitter_.state() == StatementSplitter::State::kBetween) RememberTyped();
  return Next::kReadOn;
}

void TerminalShell::RememberTyped() {
  const absl::string_view typed = absl::StripAsciiWhitespace(typed_);
  if (!typed.empty()) {
    const std::vector<std::string> lines = MakeHistoryLines(typed);
    for (const std::string& line : lines) editor_.Remember(line);
    history_.Append(lines);
  }
  typed_.clear();
}

void TerminalShell::ForgetTyped() {
  splitter_.Clear();
  typed_.clear();
}

}  // namespace sluice::cli

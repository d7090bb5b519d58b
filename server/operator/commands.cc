#include "server/operator/commands.h"

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/operator/audit_verify.h"
#include "server/operator/keys_generate.h"
#include "server/operator/keys_list.h"
#include "server/operator/keys_rotate.h"
#include "server/operator/policy_check.h"
#include "server/operator/policy_explain.h"

namespace sluice::operators {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

constexpr absl::string_view kUsageEnd =
    "\n"
    "`sluice COMMAND --help` tells more of one. Exit codes: 0 done; 1 failed;\n"
    "2 a wrong command line.\n";

using Words = std::vector<std::string>;

// The first word of a command: "keys".
absl::string_view GroupOf(const Command& command) {
  return command.name.substr(0, command.name.find(' '));
}

// The first word of what was asked for, if commands begin with it.
absl::string_view FindGroup(const std::vector<Command>& commands,
                            const Words& words) {
  for (const Command& command : commands) {
    if (!words.empty() && GroupOf(command) == words.front()) {
      return GroupOf(command);
    }
  }
  return "";
}

// Of the commands of one group, or of all.
void PrintUsage(const std::vector<Command>& commands, absl::string_view group,
                std::ostream& output) {
  output << "Usage: sluice " << group << (group.empty() ? "" : " ")
         << "COMMAND ...\n\nWhat operators do without a server:\n\n";
  for (const Command& command : commands) {
    if (!group.empty() && GroupOf(command) != group) continue;
    output << absl::StrCat("  ", command.name,
                           std::string(16 - command.name.size(), ' '),
                           command.summary, "\n");
  }
  output << kUsageEnd;
}

bool IsHelp(const std::string& word) {
  return word == "--help" || word == "-h";
}

// The command whose words `words` begin with, taken off them; null if none
// does.
const Command* TakeCommand(const std::vector<Command>& commands, Words& words) {
  for (const Command& command : commands) {
    const Words name = absl::StrSplit(command.name, ' ');
    if (words.size() >= name.size() &&
        std::equal(name.begin(), name.end(), words.begin())) {
      words.erase(words.begin(),
                  words.begin() + static_cast<long>(name.size()));
      return &command;
    }
  }
  return nullptr;
}

absl::Status Run(const Command& command, const Words& words,
                 std::ostream& output) {
  const absl::StatusOr<Arguments> arguments =
      Arguments::Parse(words, command.options);
  if (!arguments.ok()) return arguments.status();
  const size_t count = arguments->operands().size();
  if (count < command.min_operands) return WrongUse("an operand is missing");
  if (count > command.max_operands) {
    return WrongUse(absl::StrCat(
        "what is ", arguments->operands()[command.max_operands], " for?"));
  }
  return command.run(*arguments, output);
}

}  // namespace

const std::vector<Command>& AllCommands() {
  static const auto* const kCommands = new std::vector<Command>{
      KeysGenerateCommand(), KeysRotateCommand(),    KeysListCommand(),
      PolicyCheckCommand(),  PolicyExplainCommand(), AuditVerifyCommand()};
  return *kCommands;
}

int RunCommandLine(const std::vector<Command>& commands,
                   const std::vector<std::string>& words, std::ostream& output,
                   std::ostream& errors) {
  const absl::string_view group = FindGroup(commands, words);
  const size_t help_at = group.empty() ? 0 : 1;
  if (words.size() > help_at && IsHelp(words[help_at])) {
    PrintUsage(commands, group, output);
    return kExitOk;
  }
  Words rest = words;
  const Command* command = TakeCommand(commands, rest);
  if (command == nullptr) {
    errors << "sluice: there is no such command\nTry: "
           << (group.empty() ? "sluice-operator" : "sluice ") << group
           << " --help\n";
    return kExitUsage;
  }
  if (absl::c_any_of(rest, IsHelp)) {
    output << command->usage;
    return kExitOk;
  }
  const absl::Status status = Run(*command, rest, output);
  if (status.ok()) return kExitOk;
  errors << absl::StrCat("sluice: ", status.message(), "\n");
  if (!IsWrongUse(status)) return kExitFailed;
  errors << absl::StrCat("Try: sluice ", command->name, " --help\n");
  return kExitUsage;
}

}  // namespace sluice::operators

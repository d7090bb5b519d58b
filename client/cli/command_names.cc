#include "client/cli/command_names.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::cli {
namespace {

struct Name {
  absl::string_view word;
  // Empty: the command has one word.
  absl::string_view second_word;
  Command command;
};

constexpr Name kNames[] = {
    {"query", "", Command::kQuery},
    {"exec", "", Command::kExec},
    {"shell", "", Command::kShell},
    {"describe", "", Command::kDescribe},
    {"capabilities", "", Command::kCapabilities},
    {"tx", "", Command::kTransact},
    {"outcome", "", Command::kOutcome},
    {"run", "", Command::kRun},
    {"token", "issue", Command::kTokenIssue},
    {"token", "inspect", Command::kTokenInspect},
    {"token", "revoke", Command::kTokenRevoke},
    {"admin", "version", Command::kAdminVersion},
    {"admin", "reload", Command::kAdminReload},
    {"admin", "activity", Command::kAdminActivity},
    {"admin", "cancel", Command::kAdminCancel},
    {"admin", "hold", Command::kAdminHold},
    {"admin", "release", Command::kAdminRelease},
    {"topology", "", Command::kTopology},
};

}  // namespace

absl::StatusOr<NamedCommand> FindCommand(
    const std::vector<absl::string_view>& arguments) {
  const absl::string_view second =
      arguments.size() > 1 ? arguments[1] : absl::string_view();
  std::vector<absl::string_view> second_words;
  for (const Name& name : kNames) {
    if (name.word != arguments[0]) continue;
    if (name.second_word.empty()) return NamedCommand{name.command, 1};
    if (name.second_word == second) return NamedCommand{name.command, 2};
    second_words.push_back(name.second_word);
  }
  if (second_words.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown command ", arguments[0]));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(arguments[0], " takes one of ",
                   absl::StrJoin(second_words, ", "), " behind it"));
}

}  // namespace sluice::cli

// What the word at the cursor may become.

#ifndef SLUICE_CLIENT_CLI_SHELL_COMPLETER_H_
#define SLUICE_CLIENT_CLI_SHELL_COMPLETER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/cli/shell/completion_catalog.h"

namespace sluice::cli {

struct Completion {
  // How many bytes before the cursor a candidate replaces.
  size_t replaced_bytes = 0;
  // In order, each once.
  std::vector<std::string> candidates;
};

// Completes SQL: keywords; relations where one must stand; columns of the
// relations that the statement names, on either side of the cursor; behind
// "name." the columns of that relation or alias, or the relations of that
// schema. Names that need quotes get them; keywords take the case of the word.
Completion CompleteSql(absl::string_view before, absl::string_view after,
                       const CompletionCatalog& catalog);

// Completes a line that begins with a backslash: the command out of
// `commands`, and its argument.
Completion CompleteCommand(absl::string_view before,
                           const std::vector<std::string>& commands,
                           const CompletionCatalog& catalog);

// The longest text that every candidate begins with.
std::string CommonPrefix(const std::vector<std::string>& candidates);

// `name` as SQL writes it: in quotes where it needs them.
std::string QuoteName(absl::string_view name);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_COMPLETER_H_

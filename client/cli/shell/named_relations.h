// The relations that a statement names.

#ifndef SLUICE_CLIENT_CLI_SHELL_NAMED_RELATIONS_H_
#define SLUICE_CLIENT_CLI_SHELL_NAMED_RELATIONS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// A token as completion sees it: a word in upper case, or a name with the
// quotes taken off, or one character.
struct StatementWord {
  // As PostgreSQL would hold the name; empty for other than words and names.
  std::string name;
  // The word in upper case, or the symbol; empty for a quoted name.
  std::string keyword;
};

struct NamedRelation {
  std::string schema;
  std::string name;
  // The name itself where there is no alias.
  std::string alias;
};

// The meaningful tokens of `sql`.
std::vector<StatementWord> ReadWords(absl::string_view sql);

// Whether a relation must stand behind the last of `words`.
bool ExpectsRelation(const std::vector<StatementWord>& words);

// The relations behind FROM, JOIN, INTO, UPDATE, TABLE and ONLY, and behind
// the commas of a FROM list.
std::vector<NamedRelation> FindNamedRelations(
    const std::vector<StatementWord>& words);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_NAMED_RELATIONS_H_

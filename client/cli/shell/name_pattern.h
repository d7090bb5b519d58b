// The patterns of \d and its kin.

#ifndef SLUICE_CLIENT_CLI_SHELL_NAME_PATTERN_H_
#define SLUICE_CLIENT_CLI_SHELL_NAME_PATTERN_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// Regular expressions of PostgreSQL for a schema and a name; empty where the
// pattern does not say.
struct NamePattern {
  std::string schema;
  std::string name;
};

// Reads "name", "schema.name", with * for any text, ? for one character, and
// "quotes" that keep case and take every character for itself. Other letters
// are folded to lower case.
NamePattern ParseNamePattern(absl::string_view text);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_NAME_PATTERN_H_

// The keywords that completion offers.

#ifndef SLUICE_CLIENT_CLI_SHELL_SQL_WORDS_H_
#define SLUICE_CLIENT_CLI_SHELL_SQL_WORDS_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::cli {

// Words that begin a statement, in upper case.
absl::Span<const absl::string_view> StatementWords();

// Words within statements, in upper case.
absl::Span<const absl::string_view> ClauseWords();

// Whether `upper` can't be a name without quotes.
bool IsReservedWord(absl::string_view upper);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_SQL_WORDS_H_

// The tokens of SQL text, as far as a client must tell them apart.

#ifndef SLUICE_CLIENT_CLI_SQL_TOKEN_H_
#define SLUICE_CLIENT_CLI_SQL_TOKEN_H_

#include "absl/strings/string_view.h"

namespace sluice::cli {

enum class SqlTokenKind {
  kBlank,
  kLineComment,
  // With the comments nested in it.
  kBlockComment,
  // A keyword or a plain name.
  kWord,
  // "name"
  kQuotedName,
  // 'text', E'text'
  kString,
  // $tag$text$tag$
  kDollarString,
  // Any other character.
  kSymbol,
};

struct SqlToken {
  SqlTokenKind kind = SqlTokenKind::kBlank;
  absl::string_view text;
  // Whether the text ends before the token does.
  bool is_open = false;
};

// How backslashes stand in the string of the next token: a string that follows
// an E'string' on a later line goes on as one.
enum class StringRule { kPlain, kEscapes };

// Takes the token that `text`, which is not empty, begins with. `rule` is what
// the call for the token before left; kPlain for the first.
// https://www.postgresql.org/docs/15/sql-syntax-lexical.html
SqlToken TakeSqlToken(absl::string_view text, StringRule& rule);

// Whether `token` is neither blank nor comment.
bool IsMeaningful(const SqlToken& token);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SQL_TOKEN_H_

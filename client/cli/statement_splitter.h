// Finds the ends of statements in SQL text.

#ifndef SLUICE_CLIENT_CLI_STATEMENT_SPLITTER_H_
#define SLUICE_CLIENT_CLI_STATEMENT_SPLITTER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "client/cli/sql_token.h"

namespace sluice::cli {

// A statement without its semicolon, or a backslash command without its
// backslash.
struct ScriptItem {
  enum class Kind { kStatement, kCommand };
  Kind kind = Kind::kStatement;
  std::string text;
  // The line of the input, from 1, that it begins on.
  int line = 1;
};

// Takes text in portions and gives the statements in it. A semicolon ends a
// statement unless it stands in a string, a quoted name, a comment,
// parentheses or the body of a routine (BEGIN ATOMIC ... END). Strings are
// read with standard_conforming_strings on.
class StatementSplitter {
 public:
  // What a backslash is, outside of strings, names and comments: with kCommand
  // it begins a command that takes the rest of its line.
  enum class Backslash { kPlainText, kCommand };

  // What the end of the text so far stands in.
  enum class State {
    kBetween,
    kStatement,
    kString,
    kQuotedName,
    kDollarString,
    kComment,
    kParenthesis,
    kRoutineBody,
  };

  explicit StatementSplitter(Backslash backslash) : backslash_(backslash) {}

  // Adds text: whole lines; only the last of the input may lack its newline.
  void Add(absl::string_view lines);

  // The next statement or command; nothing where the text has no more that is
  // complete.
  absl::optional<ScriptItem> Next();

  // At the end of the input: what has begun. Nothing where that is blank.
  absl::optional<ScriptItem> TakeRest();

  // Meaningful when Next() has given all.
  State state() const;

  // The statement that has begun.
  absl::string_view pending() const;

  // Forgets what has begun.
  void Clear();

 private:
  absl::optional<ScriptItem> TakeToken();
  absl::optional<ScriptItem> EndStatement();
  ScriptItem TakeCommand();
  void Skip(size_t byte_count);
  void Follow(const SqlToken& token);
  void FollowWord(absl::string_view word);
  bool IsRoutine() const;
  void Restart();

  const Backslash backslash_;
  // What has not been given away, from `begin_` on; tokens up to `next_` have
  // been read.
  std::string text_;
  size_t begin_ = 0;
  size_t next_ = 0;
  // The line of `begin_`.
  int line_ = 1;

  // Of the statement that has begun.
  StringRule rule_ = StringRule::kPlain;
  absl::optional<SqlTokenKind> open_token_;
  bool has_tokens_ = false;
  int parenthesis_depth_ = 0;
  int body_depth_ = 0;
  std::vector<std::string> first_words_;
  std::string last_token_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_STATEMENT_SPLITTER_H_

// Reads the words of a command from left to right.

#include "client/cli/transaction_command.h"

#include <initializer_list>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "client/cli/sql_token.h"

namespace sluice::cli {
namespace {

using Kind = TransactionCommand::Kind;

// Longer than any form is.
constexpr size_t kMaxTokens = 24;

class WordReader {
 public:
  explicit WordReader(absl::string_view sql) {
    StringRule rule = StringRule::kPlain;
    while (!sql.empty() && tokens_.size() < kMaxTokens) {
      const SqlToken token = TakeSqlToken(sql, rule);
      sql.remove_prefix(token.text.size());
      if (IsMeaningful(token)) tokens_.push_back(token);
    }
  }

  bool IsAtEnd() const { return next_ == tokens_.size(); }
  size_t left() const { return tokens_.size() - next_; }

  // Takes one or several words that stand next; all or none.
  bool Take(std::initializer_list<absl::string_view> words) {
    size_t at = next_;
    for (absl::string_view word : words) {
      if (at == tokens_.size() || tokens_[at].kind != SqlTokenKind::kWord ||
          absl::AsciiStrToUpper(tokens_[at].text) != word) {
        return false;
      }
      ++at;
    }
    next_ = at;
    return true;
  }

  bool TakeComma() {
    if (IsAtEnd() || tokens_[next_].text != ",") return false;
    ++next_;
    return true;
  }

  // A name; empty where none stands next.
  std::string TakeName() {
    if (IsAtEnd()) return "";
    const SqlToken& token = tokens_[next_++];
    if (token.is_open) return "";
    if (token.kind == SqlTokenKind::kWord) {
      return absl::AsciiStrToLower(token.text);
    }
    if (token.kind != SqlTokenKind::kQuotedName) return "";
    const absl::string_view inner = token.text.substr(1, token.text.size() - 2);
    return absl::StrReplaceAll(inner, {{"\"\"", "\""}});
  }

 private:
  std::vector<SqlToken> tokens_;
  size_t next_ = 0;
};

bool TakeMode(WordReader& words, client::TransactionOptions& options) {
  if (words.Take({"ISOLATION", "LEVEL", "SERIALIZABLE"})) {
    options.isolation = v1::ISOLATION_LEVEL_SERIALIZABLE;
  } else if (words.Take({"ISOLATION", "LEVEL", "REPEATABLE", "READ"})) {
    options.isolation = v1::ISOLATION_LEVEL_REPEATABLE_READ;
  } else if (words.Take({"ISOLATION", "LEVEL", "READ", "COMMITTED"}) ||
             words.Take({"ISOLATION", "LEVEL", "READ", "UNCOMMITTED"})) {
    // PostgreSQL makes no difference between the two.
    options.isolation = v1::ISOLATION_LEVEL_READ_COMMITTED;
  } else if (words.Take({"READ", "ONLY"})) {
    options.access = v1::TRANSACTION_ACCESS_READ_ONLY;
  } else if (words.Take({"READ", "WRITE"})) {
    options.access = v1::TRANSACTION_ACCESS_READ_WRITE;
  } else if (words.Take({"NOT", "DEFERRABLE"})) {
    options.deferrable = false;
  } else if (words.Take({"DEFERRABLE"})) {
    options.deferrable = true;
  } else {
    return false;
  }
  return true;
}

absl::optional<TransactionCommand> ParseBegin(WordReader& words) {
  TransactionCommand command = {.kind = Kind::kBegin};
  while (!words.IsAtEnd()) {
    if (!TakeMode(words, command.options)) return absl::nullopt;
    if (words.TakeComma() && words.IsAtEnd()) return absl::nullopt;
  }
  return command;
}

void TakeNoiseWord(WordReader& words) {
  if (!words.Take({"WORK"})) words.Take({"TRANSACTION"});
}

absl::optional<TransactionCommand> ParseEnd(Kind kind, WordReader& words) {
  TakeNoiseWord(words);
  words.Take({"AND", "NO", "CHAIN"});
  if (!words.IsAtEnd()) return absl::nullopt;
  return TransactionCommand{.kind = kind};
}

absl::optional<TransactionCommand> ParseNamed(Kind kind, WordReader& words) {
  // A savepoint may be called so too.
  if (kind != Kind::kSavepoint && words.left() > 1) words.Take({"SAVEPOINT"});
  TransactionCommand command = {.kind = kind, .savepoint = words.TakeName()};
  if (command.savepoint.empty() || !words.IsAtEnd()) return absl::nullopt;
  return command;
}

absl::optional<TransactionCommand> ParseRollback(WordReader& words) {
  TakeNoiseWord(words);
  if (words.Take({"TO"})) return ParseNamed(Kind::kRollbackTo, words);
  return ParseEnd(Kind::kRollback, words);
}

}  // namespace

absl::optional<TransactionCommand> ParseTransactionCommand(
    absl::string_view sql) {
  WordReader words(sql);
  if (words.Take({"START", "TRANSACTION"})) return ParseBegin(words);
  if (words.Take({"BEGIN"})) {
    TakeNoiseWord(words);
    return ParseBegin(words);
  }
  if (words.Take({"COMMIT"}) || words.Take({"END"})) {
    return ParseEnd(Kind::kCommit, words);
  }
  if (words.Take({"ROLLBACK"})) return ParseRollback(words);
  if (words.Take({"ABORT"})) return ParseEnd(Kind::kRollback, words);
  if (words.Take({"SAVEPOINT"})) return ParseNamed(Kind::kSavepoint, words);
  if (words.Take({"RELEASE"})) return ParseNamed(Kind::kRelease, words);
  return absl::nullopt;
}

absl::string_view CommandTag(Kind kind) {
  switch (kind) {
    case Kind::kBegin:
      return "BEGIN";
    case Kind::kCommit:
      return "COMMIT";
    case Kind::kRollback:
    case Kind::kRollbackTo:
      return "ROLLBACK";
    case Kind::kSavepoint:
      return "SAVEPOINT";
    case Kind::kRelease:
      return "RELEASE";
  }
  return "";
}

}  // namespace sluice::cli

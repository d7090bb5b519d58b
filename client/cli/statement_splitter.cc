// Reads token by token. A token that is open at the end of the text is read
// again when there is more.

#include "client/cli/statement_splitter.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace sluice::cli {
namespace {

// Enough for CREATE OR REPLACE FUNCTION.
constexpr size_t kFirstWords = 4;

int CountNewlines(absl::string_view text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

void StatementSplitter::Add(absl::string_view lines) {
  text_.erase(0, begin_);
  next_ -= begin_;
  begin_ = 0;
  text_.append(lines.data(), lines.size());
}

absl::optional<ScriptItem> StatementSplitter::Next() {
  open_token_.reset();
  while (next_ < text_.size() && !open_token_.has_value()) {
    absl::optional<ScriptItem> item = TakeToken();
    if (item.has_value()) return item;
  }
  return absl::nullopt;
}

absl::optional<ScriptItem> StatementSplitter::TakeToken() {
  const absl::string_view rest = absl::string_view(text_).substr(next_);
  if (rest[0] == '\\' && backslash_ == Backslash::kCommand) {
    return TakeCommand();
  }
  const StringRule rule_before = rule_;
  const SqlToken token = TakeSqlToken(rest, rule_);
  if (token.is_open) {
    rule_ = rule_before;
    open_token_ = token.kind;
    return absl::nullopt;
  }
  const bool ends_statement =
      token.text == ";" && parenthesis_depth_ == 0 && body_depth_ == 0;
  if (ends_statement) return EndStatement();
  next_ += token.text.size();
  if (IsMeaningful(token)) {
    Follow(token);
  } else if (begin_ + token.text.size() == next_ &&
             token.kind != SqlTokenKind::kBlockComment) {
    Skip(token.text.size());
  }
  return absl::nullopt;
}

absl::optional<ScriptItem> StatementSplitter::EndStatement() {
  absl::optional<ScriptItem> item;
  if (has_tokens_) {
    item = ScriptItem{.text = std::string(pending()), .line = line_};
  }
  Skip(next_ + 1 - begin_);
  Restart();
  return item;
}

ScriptItem StatementSplitter::TakeCommand() {
  const size_t end = std::min(text_.find('\n', next_), text_.size());
  const absl::string_view command =
      absl::string_view(text_).substr(next_ + 1, end - next_ - 1);
  ScriptItem item = {
      .kind = ScriptItem::Kind::kCommand,
      .text = std::string(absl::StripAsciiWhitespace(command)),
      .line = line_ + CountNewlines(text_.substr(begin_, next_ - begin_))};
  text_.erase(next_, end - next_);
  return item;
}

// Drops the front of the text.
void StatementSplitter::Skip(size_t byte_count) {
  line_ += CountNewlines(absl::string_view(text_).substr(begin_, byte_count));
  begin_ += byte_count;
  next_ = begin_;
}

void StatementSplitter::Follow(const SqlToken& token) {
  has_tokens_ = true;
  if (token.text == "(") ++parenthesis_depth_;
  if (token.text == ")") {
    parenthesis_depth_ = std::max(parenthesis_depth_ - 1, 0);
  }
  std::string upper = absl::AsciiStrToUpper(token.text.substr(0, 16));
  if (token.kind == SqlTokenKind::kWord) {
    FollowWord(upper);
  }
  last_token_ = std::move(upper);
}

// A CASE within a body ends with an END of its own. Behind a dot or AS both
// are names.
void StatementSplitter::FollowWord(absl::string_view word) {
  if (first_words_.size() < kFirstWords) first_words_.emplace_back(word);
  if (last_token_ == "." || last_token_ == "AS") return;
  if (body_depth_ == 0) {
    if (word == "ATOMIC" && last_token_ == "BEGIN" && IsRoutine()) {
      body_depth_ = 1;
    }
  } else if (word == "CASE") {
    ++body_depth_;
  } else if (word == "END") {
    --body_depth_;
  }
}

bool StatementSplitter::IsRoutine() const {
  const auto word = [&](size_t i) -> absl::string_view {
    return i < first_words_.size() ? absl::string_view(first_words_[i]) : "";
  };
  const bool replaces = word(1) == "OR" && word(2) == "REPLACE";
  const absl::string_view what = word(replaces ? 3 : 1);
  return word(0) == "CREATE" && (what == "FUNCTION" || what == "PROCEDURE");
}

absl::optional<ScriptItem> StatementSplitter::TakeRest() {
  absl::optional<ScriptItem> item;
  if (has_tokens_ || open_token_.has_value()) {
    next_ = text_.size();
    item = ScriptItem{.text = std::string(pending()), .line = line_};
  }
  Clear();
  return item;
}

StatementSplitter::State StatementSplitter::state() const {
  if (open_token_ == SqlTokenKind::kString) return State::kString;
  if (open_token_ == SqlTokenKind::kQuotedName) return State::kQuotedName;
  if (open_token_ == SqlTokenKind::kDollarString) return State::kDollarString;
  if (open_token_ == SqlTokenKind::kBlockComment) return State::kComment;
  if (parenthesis_depth_ > 0) return State::kParenthesis;
  if (body_depth_ > 0) return State::kRoutineBody;
  return has_tokens_ ? State::kStatement : State::kBetween;
}

absl::string_view StatementSplitter::pending() const {
  const size_t end = open_token_.has_value() ? text_.size() : next_;
  return absl::StripTrailingAsciiWhitespace(
      absl::string_view(text_).substr(begin_, end - begin_));
}

void StatementSplitter::Clear() {
  Skip(text_.size() - begin_);
  Restart();
}

void StatementSplitter::Restart() {
  rule_ = StringRule::kPlain;
  open_token_.reset();
  has_tokens_ = false;
  parenthesis_depth_ = 0;
  body_depth_ = 0;
  first_words_.clear();
  last_token_.clear();
}

}  // namespace sluice::cli

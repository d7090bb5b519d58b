// Reads one token by its first characters.

#include "client/cli/sql_token.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sluice::cli {
namespace {

constexpr absl::string_view kBlanks = " \t\n\v\f\r";

bool IsWordStart(char c) {
  return absl::ascii_isalpha(c) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsTagPart(char c) { return IsWordStart(c) || absl::ascii_isdigit(c); }

bool IsWordPart(char c) { return IsTagPart(c) || c == '$'; }

SqlToken MakeToken(SqlTokenKind kind, absl::string_view text, size_t length) {
  return {.kind = kind, .text = text.substr(0, length)};
}

// A token whose end is missing: all of `text`.
SqlToken MakeOpenToken(SqlTokenKind kind, absl::string_view text) {
  return {.kind = kind, .text = text, .is_open = true};
}

SqlToken TakeBlank(absl::string_view text) {
  const size_t end = text.find_first_not_of(kBlanks);
  return MakeToken(SqlTokenKind::kBlank, text, end);
}

SqlToken TakeBlockComment(absl::string_view text) {
  int depth = 1;
  size_t at = 2;
  while (depth > 0) {
    at = text.find_first_of("*/", at);
    if (at == absl::string_view::npos) {
      return MakeOpenToken(SqlTokenKind::kBlockComment, text);
    }
    const absl::string_view rest = text.substr(at);
    if (absl::StartsWith(rest, "/*")) {
      ++depth;
      at += 2;
    } else if (absl::StartsWith(rest, "*/")) {
      --depth;
      at += 2;
    } else {
      ++at;
    }
  }
  return MakeToken(SqlTokenKind::kBlockComment, text, at);
}

// A quoted text whose quote is at `start`; a doubled quote stands for itself.
SqlToken TakeQuoted(SqlTokenKind kind, absl::string_view text, size_t start,
                    StringRule rule) {
  const char quote = text[start];
  const char special[] = {quote, '\\', '\0'};
  size_t at = start + 1;
  for (;;) {
    at = text.find_first_of(special, at);
    if (at == absl::string_view::npos) return MakeOpenToken(kind, text);
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (text[at] == '\\') {
      at += rule == StringRule::kEscapes ? 2 : 1;
    } else if (next == quote) {
      at += 2;
    } else {
      return MakeToken(kind, text, at + 1);
    }
  }
}

// "$tag$" at the start of `text`; empty where there is none.
absl::string_view DollarTag(absl::string_view text) {
  size_t end = 1;
  while (end < text.size() && IsTagPart(text[end])) ++end;
  const bool is_tag =
      end < text.size() && text[end] == '$' && !absl::ascii_isdigit(text[1]);
  return is_tag ? text.substr(0, end + 1) : absl::string_view();
}

SqlToken TakeDollar(absl::string_view text) {
  const absl::string_view tag = DollarTag(text);
  if (tag.empty()) return MakeToken(SqlTokenKind::kSymbol, text, 1);
  const size_t end = text.find(tag, tag.size());
  if (end == absl::string_view::npos) {
    return MakeOpenToken(SqlTokenKind::kDollarString, text);
  }
  return MakeToken(SqlTokenKind::kDollarString, text, end + tag.size());
}

SqlToken TakeWord(absl::string_view text, StringRule& rule) {
  size_t length = 1;
  while (length < text.size() && IsWordPart(text[length])) ++length;
  const bool begins_string = length == 1 && (text[0] == 'e' || text[0] == 'E');
  if (begins_string && text.size() > 1 && text[1] == '\'') {
    rule = StringRule::kEscapes;
    return TakeQuoted(SqlTokenKind::kString, text, 1, rule);
  }
  rule = StringRule::kPlain;
  return MakeToken(SqlTokenKind::kWord, text, length);
}

// Digits, and letters at once behind them: what follows is no word.
SqlToken TakeNumber(absl::string_view text) {
  size_t length = 1;
  while (length < text.size() && IsTagPart(text[length])) ++length;
  return MakeToken(SqlTokenKind::kSymbol, text, length);
}

}  // namespace

SqlToken TakeSqlToken(absl::string_view text, StringRule& rule) {
  const char first = text[0];
  if (kBlanks.find(first) != absl::string_view::npos) return TakeBlank(text);
  if (absl::StartsWith(text, "--")) {
    return MakeToken(SqlTokenKind::kLineComment, text, text.find('\n'));
  }
  if (absl::StartsWith(text, "/*")) return TakeBlockComment(text);
  if (first == '\'') return TakeQuoted(SqlTokenKind::kString, text, 0, rule);
  if (IsWordStart(first)) return TakeWord(text, rule);
  rule = StringRule::kPlain;
  if (first == '"') return TakeQuoted(SqlTokenKind::kQuotedName, text, 0, rule);
  if (first == '$') return TakeDollar(text);
  if (absl::ascii_isdigit(first)) return TakeNumber(text);
  return MakeToken(SqlTokenKind::kSymbol, text, 1);
}

bool IsMeaningful(const SqlToken& token) {
  return token.kind != SqlTokenKind::kBlank &&
         token.kind != SqlTokenKind::kLineComment &&
         token.kind != SqlTokenKind::kBlockComment;
}

}  // namespace sluice::cli

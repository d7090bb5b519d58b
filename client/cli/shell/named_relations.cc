// Follows the clauses just far enough to know where relations stand.

#include "client/cli/shell/named_relations.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "client/cli/shell/sql_words.h"
#include "client/cli/sql_token.h"

namespace sluice::cli {
namespace {

constexpr absl::string_view kBeforeRelation[] = {
    "FROM", "INTO", "JOIN", "ONLY", "TABLE", "UPDATE", "VIEW"};

// Those that end a FROM list: a comma behind them separates something else.
constexpr absl::string_view kAfterFrom[] = {
    "SELECT", "WHERE",  "GROUP",     "ORDER", "HAVING",
    "LIMIT",  "VALUES", "RETURNING", "SET",   "ON"};

template <size_t N>
bool IsOneOf(absl::string_view word, const absl::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// Whether a comma behind `words` separates relations: the last clause that
// began outside of parentheses closed since is FROM.
bool IsInFromList(const std::vector<StatementWord>& words, size_t count) {
  int depth = 0;
  for (size_t i = count; i-- > 0;) {
    const std::string& keyword = words[i].keyword;
    if (keyword == ")") ++depth;
    if (keyword == "(" && depth-- == 0) return false;
    if (depth > 0) continue;
    if (keyword == "FROM") return true;
    if (IsOneOf(keyword, kAfterFrom)) return false;
  }
  return false;
}

bool ExpectsRelationAt(const std::vector<StatementWord>& words, size_t index) {
  if (index == 0) return false;
  const std::string& before = words[index - 1].keyword;
  return IsOneOf(before, kBeforeRelation) ||
         (before == "," && IsInFromList(words, index - 1));
}

bool IsPlainName(const StatementWord& word) {
  return !word.name.empty() &&
         (word.keyword.empty() || !IsReservedWord(word.keyword));
}

}  // namespace

std::vector<StatementWord> ReadWords(absl::string_view sql) {
  std::vector<StatementWord> words;
  StringRule rule = StringRule::kPlain;
  while (!sql.empty()) {
    const SqlToken token = TakeSqlToken(sql, rule);
    sql.remove_prefix(token.text.size());
    if (!IsMeaningful(token)) continue;
    StatementWord& word = words.emplace_back();
    if (token.kind == SqlTokenKind::kWord) {
      word.name = absl::AsciiStrToLower(token.text);
      word.keyword = absl::AsciiStrToUpper(token.text);
    } else if (token.kind == SqlTokenKind::kQuotedName) {
      const absl::string_view inner =
          token.text.substr(1, token.text.size() - (token.is_open ? 1 : 2));
      word.name = absl::StrReplaceAll(inner, {{"\"\"", "\""}});
    } else {
      word.keyword = std::string(token.text);
    }
  }
  return words;
}

bool ExpectsRelation(const std::vector<StatementWord>& words) {
  return ExpectsRelationAt(words, words.size());
}

std::vector<NamedRelation> FindNamedRelations(
    const std::vector<StatementWord>& words) {
  const auto is = [&](size_t i, absl::string_view keyword) {
    return i < words.size() && words[i].keyword == keyword;
  };
  std::vector<NamedRelation> relations;
  for (size_t i = 1; i < words.size(); ++i) {
    if (!ExpectsRelationAt(words, i) || !IsPlainName(words[i])) continue;
    NamedRelation relation = {.name = words[i].name};
    size_t next = i + 1;
    if (is(next, ".") && next + 1 < words.size()) {
      relation.schema = std::move(relation.name);
      relation.name = words[next + 1].name;
      next += 2;
    }
    if (is(next, "AS")) ++next;
    const bool has_alias = next < words.size() && IsPlainName(words[next]) &&
                           words[next].keyword != "SET";
    relation.alias = has_alias ? words[next].name : relation.name;
    relations.push_back(std::move(relation));
  }
  return relations;
}

}  // namespace sluice::cli

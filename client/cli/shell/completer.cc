// Looks at the words before the cursor to know what may stand there.

#include "client/cli/shell/completer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/types/span.h"
#include "client/cli/shell/named_relations.h"
#include "client/cli/shell/sql_words.h"
#include "client/cli/sql_token.h"

namespace sluice::cli {
namespace {

using Relation = CompletionCatalog::Relation;

bool IsNamePart(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The word that ends at the cursor: a part of a name, or of a quoted one.
struct PartialWord {
  // All of it, with the quote.
  absl::string_view text;
  // What a name must begin with.
  std::string prefix;
  bool is_quoted = false;
};

// Where the cursor is.
struct Place {
  PartialWord word;
  std::vector<StatementWord> before;
  // "schema" or "alias" of "alias.wo".
  std::string qualifier;
  bool is_open_text = false;
};

PartialWord FindPlainWord(absl::string_view before) {
  size_t begin = before.size();
  while (begin > 0 && IsNamePart(before[begin - 1])) --begin;
  const absl::string_view text = before.substr(begin);
  return {.text = text, .prefix = absl::AsciiStrToLower(text)};
}

Place FindPlace(absl::string_view before) {
  Place place;
  StringRule rule = StringRule::kPlain;
  SqlToken last;
  for (absl::string_view rest = before; !rest.empty();
       rest.remove_prefix(last.text.size())) {
    last = TakeSqlToken(rest, rule);
  }
  if (last.is_open && last.kind == SqlTokenKind::kQuotedName) {
    place.word = {.text = last.text,
                  .prefix = std::string(last.text.substr(1)),
                  .is_quoted = true};
  } else {
    place.is_open_text = last.is_open ||
                         last.kind == SqlTokenKind::kLineComment ||
                         last.kind == SqlTokenKind::kString;
    place.word = FindPlainWord(before);
  }
  place.before =
      ReadWords(before.substr(0, before.size() - place.word.text.size()));
  const size_t count = place.before.size();
  if (count >= 2 && place.before[count - 1].keyword == ".") {
    place.qualifier = place.before[count - 2].name;
    place.before.resize(count - 2);
  }
  return place;
}

// Collects what begins with the word.
class Candidates {
 public:
  explicit Candidates(const PartialWord& word) : word_(word) {}

  void AddName(absl::string_view name) {
    if (!absl::StartsWith(name, word_.prefix)) return;
    texts_.push_back(word_.is_quoted ? Quoted(name) : QuoteName(name));
  }

  void AddNames(const std::vector<std::string>& names) {
    for (const std::string& name : names) AddName(name);
  }

  void AddWords(absl::Span<const absl::string_view> upper_words) {
    if (word_.is_quoted) return;
    const bool is_lower =
        std::any_of(word_.text.begin(), word_.text.end(), absl::ascii_islower);
    for (absl::string_view word : upper_words) {
      if (!absl::StartsWithIgnoreCase(word, word_.prefix)) continue;
      texts_.push_back(is_lower ? absl::AsciiStrToLower(word)
                                : std::string(word));
    }
  }

  Completion Take() && {
    std::sort(texts_.begin(), texts_.end());
    texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
    return {.replaced_bytes = word_.text.size(),
            .candidates = std::move(texts_)};
  }

 private:
  static std::string Quoted(absl::string_view name) {
    return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}),
                        "\"");
  }

  const PartialWord& word_;
  std::vector<std::string> texts_;
};

void AddRelations(const CompletionCatalog& catalog, Candidates& candidates) {
  for (const Relation& relation : catalog.relations) {
    if (relation.is_visible) candidates.AddName(relation.name);
  }
  candidates.AddNames(catalog.schemas);
}

void AddColumns(const CompletionCatalog& catalog, const NamedRelation& named,
                Candidates& candidates) {
  for (const Relation& relation : catalog.relations) {
    const bool is_meant =
        relation.name == named.name &&
        (named.schema.empty() ? relation.is_visible
                              : relation.schema == named.schema);
    if (is_meant) candidates.AddNames(relation.columns);
  }
}

void AddQualified(const CompletionCatalog& catalog,
                  const std::vector<NamedRelation>& named,
                  const std::string& qualifier, Candidates& candidates) {
  for (const NamedRelation& relation : named) {
    if (relation.alias == qualifier || relation.name == qualifier) {
      AddColumns(catalog, relation, candidates);
    }
  }
  for (const Relation& relation : catalog.relations) {
    if (relation.schema == qualifier) candidates.AddName(relation.name);
  }
}

}  // namespace

Completion CompleteSql(absl::string_view before, absl::string_view after,
                       const CompletionCatalog& catalog) {
  const Place place = FindPlace(before);
  if (place.is_open_text) return {};
  Candidates candidates(place.word);
  // The word itself is left out: an open quote would take all behind it.
  std::vector<StatementWord> words =
      ReadWords(before.substr(0, before.size() - place.word.text.size()));
  for (StatementWord& word : ReadWords(after)) words.push_back(std::move(word));
  const std::vector<NamedRelation> named = FindNamedRelations(words);
  if (!place.qualifier.empty()) {
    AddQualified(catalog, named, place.qualifier, candidates);
  } else if (place.before.empty()) {
    candidates.AddWords(StatementWords());
  } else if (ExpectsRelation(place.before)) {
    AddRelations(catalog, candidates);
  } else {
    for (const NamedRelation& relation : named) {
      AddColumns(catalog, relation, candidates);
      if (relation.alias != relation.name) candidates.AddName(relation.alias);
    }
    if (!place.word.text.empty()) {
      candidates.AddWords(ClauseWords());
      candidates.AddNames(catalog.functions);
      candidates.AddNames(catalog.types);
    }
  }
  return std::move(candidates).Take();
}

Completion CompleteCommand(absl::string_view before,
                           const std::vector<std::string>& commands,
                           const CompletionCatalog& catalog) {
  const size_t space = before.find(' ');
  if (space == absl::string_view::npos) {
    const PartialWord word = {.text = before, .prefix = std::string(before)};
    Completion completion = {.replaced_bytes = before.size()};
    for (const std::string& command : commands) {
      if (absl::StartsWith(command, word.prefix)) {
        completion.candidates.push_back(command);
      }
    }
    return completion;
  }
  const absl::string_view command = before.substr(0, space);
  const Place place = FindPlace(before.substr(space));
  Candidates candidates(place.word);
  if (command == "\\c" || command == "\\connect") {
    candidates.AddNames(catalog.databases);
  } else if (command == "\\dn") {
    candidates.AddNames(catalog.schemas);
  } else if (command == "\\df") {
    candidates.AddNames(catalog.functions);
  } else if (command == "\\dT") {
    candidates.AddNames(catalog.types);
  } else if (absl::StartsWith(command, "\\d")) {
    if (place.qualifier.empty()) {
      AddRelations(catalog, candidates);
    } else {
      AddQualified(catalog, {}, place.qualifier, candidates);
    }
  }
  return std::move(candidates).Take();
}

std::string CommonPrefix(const std::vector<std::string>& candidates) {
  if (candidates.empty()) return "";
  std::string prefix = candidates.front();
  for (const std::string& candidate : candidates) {
    const auto differs = std::mismatch(prefix.begin(), prefix.end(),
                                       candidate.begin(), candidate.end());
    prefix.erase(differs.first, prefix.end());
  }
  return prefix;
}

std::string QuoteName(absl::string_view name) {
  const bool is_plain =
      !name.empty() && !absl::ascii_isdigit(name[0]) && name[0] != '$' &&
      std::all_of(
          name.begin(), name.end(),
          [](char c) { return IsNamePart(c) && !absl::ascii_isupper(c); }) &&
      !IsReservedWord(absl::AsciiStrToUpper(name));
  if (is_plain) return std::string(name);
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

}  // namespace sluice::cli

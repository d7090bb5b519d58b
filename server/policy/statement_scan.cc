#include "server/policy/statement_scan.h"

#include <pg_query.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/io/coded_stream.h"

namespace sluice::policy {
namespace {

using google::protobuf::io::CodedInputStream;

struct ClassOfKeyword {
  absl::string_view keyword;
  StatementClass statement_class;
};

constexpr ClassOfKeyword kClassOfKeyword[] = {
    {"abort", StatementClass::kTransaction},
    {"alter", StatementClass::kDdl},
    {"analyse", StatementClass::kMaintenance},
    {"analyze", StatementClass::kMaintenance},
    {"begin", StatementClass::kTransaction},
    {"call", StatementClass::kProcedure},
    {"checkpoint", StatementClass::kMaintenance},
    {"close", StatementClass::kSession},
    {"cluster", StatementClass::kMaintenance},
    {"comment", StatementClass::kDdl},
    {"commit", StatementClass::kTransaction},
    {"copy", StatementClass::kCopy},
    {"create", StatementClass::kDdl},
    {"deallocate", StatementClass::kSession},
    {"declare", StatementClass::kSession},
    {"delete", StatementClass::kWrite},
    {"discard", StatementClass::kSession},
    {"do", StatementClass::kProcedure},
    {"drop", StatementClass::kDdl},
    {"end", StatementClass::kTransaction},
    {"execute", StatementClass::kSession},
    {"fetch", StatementClass::kSession},
    {"grant", StatementClass::kDdl},
    {"import", StatementClass::kDdl},
    {"insert", StatementClass::kWrite},
    {"listen", StatementClass::kListen},
    {"load", StatementClass::kOther},
    {"lock", StatementClass::kWrite},
    {"merge", StatementClass::kWrite},
    {"move", StatementClass::kSession},
    {"notify", StatementClass::kWrite},
    {"prepare", StatementClass::kSession},
    {"reassign", StatementClass::kDdl},
    {"refresh", StatementClass::kDdl},
    {"reindex", StatementClass::kMaintenance},
    {"release", StatementClass::kTransaction},
    {"reset", StatementClass::kSession},
    {"revoke", StatementClass::kDdl},
    {"rollback", StatementClass::kTransaction},
    {"savepoint", StatementClass::kTransaction},
    {"security", StatementClass::kDdl},
    {"select", StatementClass::kRead},
    {"set", StatementClass::kSession},
    {"show", StatementClass::kRead},
    {"start", StatementClass::kTransaction},
    {"table", StatementClass::kRead},
    {"truncate", StatementClass::kWrite},
    {"unlisten", StatementClass::kListen},
    {"update", StatementClass::kWrite},
    {"vacuum", StatementClass::kMaintenance},
    {"values", StatementClass::kRead},
    {"with", StatementClass::kRead},
};

constexpr absl::string_view kExplainable[] = {
    "delete", "insert", "merge", "select", "table", "update", "values", "with",
};

absl::optional<StatementClass> ClassOf(absl::string_view keyword) {
  const auto* row =
      absl::c_find_if(kClassOfKeyword, [keyword](const ClassOfKeyword& r) {
        return absl::EqualsIgnoreCase(r.keyword, keyword);
      });
  if (row == std::end(kClassOfKeyword)) return absl::nullopt;
  return row->statement_class;
}

bool IsExplainable(absl::string_view keyword) {
  return absl::c_any_of(kExplainable, [keyword](absl::string_view other) {
    return absl::EqualsIgnoreCase(keyword, other);
  });
}

// The fields of ScanResult and ScanToken that are read here, and two values
// of Token, as libpg_query's pg_query.proto numbers them.
constexpr uint32_t kTokensField = 2;
constexpr uint32_t kStartField = 1;
constexpr uint32_t kEndField = 2;
constexpr uint32_t kTokenField = 4;
constexpr uint32_t kSqlComment = 275;
constexpr uint32_t kCComment = 276;

uint32_t FieldOf(uint32_t tag) { return tag >> 3; }

// The tokens of a serialized ScanResult in their order, without comments.
class TokenReader {
 public:
  TokenReader(absl::string_view sql, const PgQueryProtobuf& tokens)
      : sql_(sql),
        input_(reinterpret_cast<const uint8_t*>(tokens.data),
               static_cast<int>(tokens.len)) {}

  // Text of the next token; empty at the end.
  absl::string_view Next() {
    while (const uint32_t tag = input_.ReadTag()) {
      uint32_t value = 0;
      if (!input_.ReadVarint32(&value)) break;
      if (FieldOf(tag) != kTokensField) continue;
      const CodedInputStream::Limit limit =
          input_.PushLimit(static_cast<int>(value));
      const absl::string_view token = ReadToken();
      input_.PopLimit(limit);
      if (token.empty()) continue;
      if (token == "(") ++depth_;
      if (token == ")") --depth_;
      return token;
    }
    return absl::string_view();
  }

  // Parentheses open after the last token.
  int depth() const { return depth_; }

 private:
  // Empty for a comment.
  absl::string_view ReadToken() {
    uint32_t start = 0;
    uint32_t end = 0;
    uint32_t kind = 0;
    while (const uint32_t tag = input_.ReadTag()) {
      uint32_t value = 0;
      if (!input_.ReadVarint32(&value)) break;
      if (FieldOf(tag) == kStartField) start = value;
      if (FieldOf(tag) == kEndField) end = value;
      if (FieldOf(tag) == kTokenField) kind = value;
    }
    if (kind == kSqlComment || kind == kCComment) return absl::string_view();
    return sql_.substr(start, end - start);
  }

  absl::string_view sql_;
  CodedInputStream input_;
  int depth_ = 0;
};

// The first keyword behind EXPLAIN and its options. `explain (select 1)` has
// none, `explain (verbose) select 1` has one.
absl::string_view SkipExplainOptions(TokenReader& tokens) {
  absl::string_view token = tokens.Next();
  while (absl::EqualsIgnoreCase(token, "analyze") ||
         absl::EqualsIgnoreCase(token, "analyse") ||
         absl::EqualsIgnoreCase(token, "verbose")) {
    token = tokens.Next();
  }
  if (token == "(") {
    const int outside = tokens.depth() - 1;
    token = tokens.Next();
    if (token != "(" && ClassOf(token) != StatementClass::kRead) {
      while (!token.empty() && tokens.depth() > outside) token = tokens.Next();
      token = tokens.Next();
    }
  }
  while (token == "(") token = tokens.Next();
  return token;
}

// What stands behind the first keyword.
struct Rest {
  bool has_second_statement = false;
  // CREATE TABLE ... AS EXECUTE: nothing else has this behind its first AS
  // outside parentheses. An alias stands behind a later one.
  bool has_as_execute = false;
  bool has_current_of = false;
};

Rest ReadRest(TokenReader& tokens) {
  Rest rest;
  bool separated = false;
  bool had_as = false;
  absl::string_view before;
  for (absl::string_view token = tokens.Next(); !token.empty();
       token = tokens.Next()) {
    const bool behind_as =
        tokens.depth() == 0 && absl::EqualsIgnoreCase(before, "as");
    if (behind_as && !std::exchange(had_as, true)) {
      rest.has_as_execute = absl::EqualsIgnoreCase(token, "execute");
    }
    rest.has_current_of |= absl::EqualsIgnoreCase(before, "current") &&
                           absl::EqualsIgnoreCase(token, "of");
    rest.has_second_statement |= separated && token != ";";
    separated |= token == ";";
    before = token;
  }
  return rest;
}

ScannedText Judge(TokenReader& tokens) {
  ScannedText result;
  absl::string_view token = tokens.Next();
  while (token == "(" || token == ";") token = tokens.Next();
  if (token.empty() && tokens.depth() == 0) return result;
  result.count = StatementCount::kOne;
  // The body of a function in SQL holds semicolons of its own: PostgreSQL
  // judges there.
  result.explainable = IsExplainable(token);
  const bool is_create = absl::EqualsIgnoreCase(token, "create");
  if (absl::EqualsIgnoreCase(token, "explain")) {
    token = SkipExplainOptions(tokens);
  }
  const bool creates = absl::EqualsIgnoreCase(token, "create");
  result.statement_class = ClassOf(token);
  if (absl::EqualsIgnoreCase(token, "alter") &&
      absl::EqualsIgnoreCase(tokens.Next(), "system")) {
    result.statement_class = StatementClass::kOther;
  }
  const Rest rest = ReadRest(tokens);
  if ((creates && rest.has_as_execute) || rest.has_current_of) {
    result.statement_class = StatementClass::kSession;
  }
  if (!is_create && rest.has_second_statement) {
    result.count = StatementCount::kSeveral;
  }
  return result;
}

size_t EndOfComment(absl::string_view sql, size_t at) {
  int depth = 0;
  for (; at + 1 < sql.size(); ++at) {
    const absl::string_view pair = sql.substr(at, 2);
    if (pair == "/*") ++depth;
    if (pair == "*/") --depth;
    if (pair == "/*" || pair == "*/") ++at;
    if (depth == 0) return at + 1;
  }
  return sql.size();
}

// The first word of a text that the scanner refuses.
absl::string_view FirstWord(absl::string_view sql) {
  size_t at = 0;
  while (at < sql.size()) {
    if (absl::StartsWith(sql.substr(at), "--")) {
      at = std::min(sql.find_first_of("\r\n", at), sql.size());
    } else if (absl::StartsWith(sql.substr(at), "/*")) {
      at = EndOfComment(sql, at);
    } else if (absl::ascii_isspace(sql[at]) || sql[at] == '(' ||
               sql[at] == ';') {
      ++at;
    } else {
      break;
    }
  }
  const absl::string_view rest = sql.substr(at);
  const auto* end = absl::c_find_if_not(rest, absl::ascii_isalpha);
  return rest.substr(0, end - rest.begin());
}

// The class of a text that the scanner refuses, if Execute refuses it too.
absl::optional<StatementClass> RefusedClassOf(absl::string_view sql) {
  const absl::optional<StatementClass> found = ClassOf(FirstWord(sql));
  switch (found.value_or(StatementClass::kUnparsable)) {
    case StatementClass::kCopy:
    case StatementClass::kListen:
    case StatementClass::kTransaction:
    case StatementClass::kSession:
    case StatementClass::kOther:
      return found;
    default:
      return absl::nullopt;
  }
}

}  // namespace

ScannedText ScanStatement(const std::string& sql) {
  PgQueryScanResult scan = pg_query_scan(sql.c_str());
  ScannedText result;
  if (scan.error != nullptr) {
    result.fault = SyntaxFault{scan.error->message, scan.error->cursorpos};
    result.statement_class = RefusedClassOf(sql);
  } else {
    TokenReader tokens(sql, scan.pbuf);
    result = Judge(tokens);
  }
  pg_query_free_scan_result(scan);
  return result;
}

}  // namespace sluice::policy

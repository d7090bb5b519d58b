#include "server/policy/statement_analysis.h"

#include <pg_query.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/types/optional.h"
#include "server/base/error.h"
#include "server/policy/operator_runs.h"
#include "server/policy/parse_tree.h"
#include "server/policy/statement_rules.h"
#include "server/policy/statement_scan.h"

namespace sluice::policy {
namespace {

absl::Status Refusal(v1::ErrorReason reason, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason, message,
                   {{"field", "statement.sql"}, {"executed", "no"}});
}

absl::Status EmptyStatement() {
  return Refusal(v1::ERROR_REASON_EMPTY_STATEMENT,
                 "statement.sql holds no command");
}

absl::Status MultipleStatements() {
  return Refusal(v1::ERROR_REASON_MULTIPLE_STATEMENTS,
                 "statement.sql holds more than one command");
}

// What the parser makes of a text: one of the two, or neither where its tree
// can't be read.
struct ParseOutcome {
  absl::optional<ParsedText> text;
  absl::optional<SyntaxFault> fault;
};

ParseOutcome Parse(const std::string& sql) {
  PgQueryParseResult parse = pg_query_parse(sql.c_str());
  ParseOutcome outcome;
  if (parse.error != nullptr) {
    outcome.fault = SyntaxFault{parse.error->message, parse.error->cursorpos};
  } else {
    outcome.text = ReadParseTree(parse.parse_tree);
  }
  pg_query_free_parse_result(parse);
  return outcome;
}

// `fault` is the parser's, where it was asked.
absl::StatusOr<StatementFacts> AnalyzeByTokens(
    const std::string& sql, absl::optional<SyntaxFault> fault) {
  ScannedText scanned = ScanStatement(sql);
  StatementFacts facts;
  facts.fault = fault.has_value() ? std::move(fault) : scanned.fault;
  if (scanned.fault.has_value()) {
    facts.statement_class =
        scanned.statement_class.value_or(StatementClass::kUnparsable);
    return facts;
  }
  if (scanned.count == StatementCount::kNone) return EmptyStatement();
  if (scanned.count == StatementCount::kSeveral) return MultipleStatements();
  facts.statement_class = scanned.statement_class.value_or(
      facts.fault.has_value() ? StatementClass::kUnparsable
                              : StatementClass::kOther);
  facts.explainable = scanned.explainable;
  facts.runs_alone = facts.statement_class != StatementClass::kRead &&
                     facts.statement_class != StatementClass::kWrite;
  return facts;
}

bool RunsAlone(const ParsedText& text) {
  switch (text.statement_class) {
    case StatementClass::kProcedure:
    case StatementClass::kMaintenance:
    case StatementClass::kOther:
    case StatementClass::kUnparsable:
      return true;
    default:
      return text.refused_in_block;
  }
}

absl::StatusOr<StatementFacts> Analyze(const std::string& sql) {
  // libpg_query would see the text up to the NUL only.
  if (sql.find('\0') != std::string::npos) {
    return Refusal(v1::ERROR_REASON_INVALID_REQUEST,
                   "statement.sql holds a NUL character");
  }
  if (!ScansInBoundedTime(sql)) {
    return Refusal(v1::ERROR_REASON_INVALID_REQUEST,
                   "statement.sql holds long runs of operator characters, "
                   "which PostgreSQL reads in quadratic time; pass such text "
                   "as a parameter");
  }
  if (sql.size() > kMaxParsedBytes) return AnalyzeByTokens(sql, absl::nullopt);
  ParseOutcome parsed = Parse(sql);
  if (!parsed.text.has_value()) {
    return AnalyzeByTokens(sql, std::move(parsed.fault));
  }
  if (parsed.text->statement_count == 0) return EmptyStatement();
  if (parsed.text->statement_count > 1) return MultipleStatements();
  StatementFacts facts;
  facts.statement_class = parsed.text->statement_class;
  facts.explainable = parsed.text->explainable;
  facts.evidence = Evidence::kParsed;
  facts.runs_alone = RunsAlone(*parsed.text);
  facts.transaction_effect = parsed.text->transaction_effect;
  facts.fetches_cursor = parsed.text->fetches_cursor;
  facts.calls_unknown_function = parsed.text->calls_unknown_function;
  facts.command_begin = parsed.text->begin;
  facts.command_bytes = parsed.text->size == 0 ? sql.size() - parsed.text->begin
                                               : parsed.text->size;
  return facts;
}

// libpg_query leaves the constants of expressions out of a fingerprint, and
// nothing of a utility statement: neither a password there.
bool MayTellPassword(const std::string& sql, const StatementFacts& facts) {
  const bool is_query = facts.evidence == Evidence::kParsed &&
                        (facts.statement_class == StatementClass::kRead ||
                         facts.statement_class == StatementClass::kWrite);
  const std::string text = absl::AsciiStrToLower(sql);
  return !is_query && (absl::StrContains(text, "passw") ||
                       absl::StrContains(text, "secret"));
}

Fingerprint FingerprintOf(const std::string& sql, const StatementFacts& facts) {
  if (MayTellPassword(sql, facts)) {
    return Fingerprint{Fingerprint::Of::kWithheld};
  }
  if (facts.evidence != Evidence::kParsed) return Fingerprint();
  PgQueryFingerprintResult found = pg_query_fingerprint(sql.c_str());
  Fingerprint fingerprint;
  if (found.error == nullptr) {
    fingerprint = Fingerprint{Fingerprint::Of::kTree, found.fingerprint};
  }
  pg_query_free_fingerprint_result(found);
  return fingerprint;
}

}  // namespace

absl::StatusOr<StatementFacts> AnalyzeStatement(const std::string& sql) {
  absl::StatusOr<StatementFacts> facts = Analyze(sql);
  if (facts.ok()) {
    facts->may_change_session = MayChangeSession(*facts);
    facts->outlasts_reset = OutlastsReset(sql);
    facts->fingerprint = FingerprintOf(sql, *facts);
  }
  return facts;
}

}  // namespace sluice::policy

// Reserved words are those of PostgreSQL 15's list.
// https://www.postgresql.org/docs/15/sql-keywords-appendix.html

#include "client/cli/shell/sql_words.h"

#include <algorithm>
#include <iterator>

namespace sluice::cli {
namespace {

constexpr absl::string_view kStatementWords[] = {
    "ALTER",    "ANALYZE", "CALL",    "COMMENT", "CREATE", "DELETE",
    "DO",       "DROP",    "EXPLAIN", "GRANT",   "INSERT", "MERGE",
    "REFRESH",  "REINDEX", "REVOKE",  "SELECT",  "SHOW",   "TABLE",
    "TRUNCATE", "UPDATE",  "VACUUM",  "VALUES",  "WITH",
};

constexpr absl::string_view kClauseWords[] = {
    "ALL",       "ANALYZE",      "AND",      "ANY",        "AS",
    "ASC",       "BETWEEN",      "BY",       "CASCADE",    "CASE",
    "CAST",      "COLUMN",       "CONFLICT", "CONSTRAINT", "CROSS",
    "DEFAULT",   "DELETE",       "DESC",     "DISTINCT",   "ELSE",
    "END",       "EXCEPT",       "EXISTS",   "FALSE",      "FILTER",
    "FOREIGN",   "FROM",         "FULL",     "FUNCTION",   "GROUP",
    "HAVING",    "ILIKE",        "IN",       "INDEX",      "INNER",
    "INSERT",    "INTERSECT",    "INTERVAL", "INTO",       "IS",
    "JOIN",      "KEY",          "LATERAL",  "LEFT",       "LIKE",
    "LIMIT",     "MATERIALIZED", "NOT",      "NULL",       "NULLS",
    "OFFSET",    "ON",           "OR",       "ORDER",      "OUTER",
    "OVER",      "PARTITION",    "PRIMARY",  "RECURSIVE",  "REFERENCES",
    "RETURNING", "RIGHT",        "ROW",      "ROWS",       "SCHEMA",
    "SELECT",    "SET",          "SIMILAR",  "TABLE",      "TABLESAMPLE",
    "THEN",      "TO",           "TRUE",     "TYPE",       "UNION",
    "UNIQUE",    "UPDATE",       "USING",    "VALUES",     "VIEW",
    "WHEN",      "WHERE",        "WINDOW",   "WITH",
};

constexpr absl::string_view kReservedWords[] = {
    "ALL",
    "ANALYSE",
    "ANALYZE",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "ASC",
    "ASYMMETRIC",
    "AUTHORIZATION",
    "BINARY",
    "BOTH",
    "CASE",
    "CAST",
    "CHECK",
    "COLLATE",
    "COLLATION",
    "COLUMN",
    "CONCURRENTLY",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "CURRENT_CATALOG",
    "CURRENT_DATE",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "DEFAULT",
    "DEFERRABLE",
    "DESC",
    "DISTINCT",
    "DO",
    "ELSE",
    "END",
    "EXCEPT",
    "FALSE",
    "FETCH",
    "FOR",
    "FOREIGN",
    "FREEZE",
    "FROM",
    "FULL",
    "GRANT",
    "GROUP",
    "HAVING",
    "ILIKE",
    "IN",
    "INITIALLY",
    "INNER",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LATERAL",
    "LEADING",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "NATURAL",
    "NOT",
    "NOTNULL",
    "NULL",
    "OFFSET",
    "ON",
    "ONLY",
    "OR",
    "ORDER",
    "OUTER",
    "OVERLAPS",
    "PLACING",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "RIGHT",
    "SELECT",
    "SESSION_USER",
    "SIMILAR",
    "SOME",
    "SYMMETRIC",
    "TABLE",
    "TABLESAMPLE",
    "THEN",
    "TO",
    "TRAILING",
    "TRUE",
    "UNION",
    "UNIQUE",
    "USER",
    "USING",
    "VARIADIC",
    "VERBOSE",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
};

}  // namespace

absl::Span<const absl::string_view> StatementWords() { return kStatementWords; }

absl::Span<const absl::string_view> ClauseWords() { return kClauseWords; }

bool IsReservedWord(absl::string_view upper) {
  return std::find(std::begin(kReservedWords), std::end(kReservedWords),
                   upper) != std::end(kReservedWords);
}

}  // namespace sluice::cli

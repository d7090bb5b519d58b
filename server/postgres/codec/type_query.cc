// The statements over pg_type and the reading of their rows.

#include "server/postgres/codec/type_query.h"

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"

namespace sluice::postgres {
namespace {

// A type is an array exactly when the type of its elements names it as its
// array: others have a typelem too, such as point. The last column has for each
// attribute "<type> <modifier> <bytes of the name>:<name>".
#define SLUICE_TYPE_CLOSURE                                             \
  " UNION"                                                              \
  " SELECT needed.oid FROM wanted"                                      \
  " JOIN pg_catalog.pg_type AS t ON t.oid = wanted.oid"                 \
  " CROSS JOIN LATERAL ("                                               \
  "SELECT t.typelem UNION ALL SELECT t.typbasetype"                     \
  " UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range AS r"        \
  " WHERE r.rngtypid = t.oid"                                           \
  " UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range AS r"          \
  " WHERE r.rngmultitypid = t.oid"                                      \
  " UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute AS a"      \
  " WHERE a.attrelid = t.typrelid AND a.attnum > 0"                     \
  " AND NOT a.attisdropped"                                             \
  ") AS needed (oid) WHERE needed.oid <> 0)"                            \
  " SELECT t.oid::pg_catalog.text,"                                     \
  " pg_catalog.format_type(t.oid, NULL),"                               \
  " CASE WHEN element.oid IS NULL THEN t.typtype::pg_catalog.text"      \
  " ELSE 'a' END,"                                                      \
  " COALESCE(element.oid,"                                              \
  " (SELECT r.rngsubtype FROM pg_catalog.pg_range AS r"                 \
  " WHERE r.rngtypid = t.oid),"                                         \
  " (SELECT r.rngtypid FROM pg_catalog.pg_range AS r"                   \
  " WHERE r.rngmultitypid = t.oid), 0)::pg_catalog.text,"               \
  " t.typbasetype::pg_catalog.text,"                                    \
  " t.typtypmod::pg_catalog.text,"                                      \
  " t.typdelim::pg_catalog.text,"                                       \
  " COALESCE((SELECT pg_catalog.string_agg(a.atttypid::pg_catalog.text" \
  " || ' ' || a.atttypmod::pg_catalog.text"                             \
  " || ' ' || pg_catalog.octet_length(a.attname::pg_catalog.text)"      \
  "::pg_catalog.text || ':' || a.attname::pg_catalog.text,"             \
  " '' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a"            \
  " WHERE a.attrelid = t.typrelid AND a.attnum > 0"                     \
  " AND NOT a.attisdropped), '')"                                       \
  " FROM wanted JOIN pg_catalog.pg_type AS t ON t.oid = wanted.oid"     \
  " LEFT JOIN pg_catalog.pg_type AS element"                            \
  " ON element.oid = t.typelem AND element.typarray = t.oid"

constexpr char kFindTypesByOidSql[] =
    "WITH RECURSIVE wanted (oid) AS ("
    "SELECT pg_catalog.unnest($1::pg_catalog.oid[])" SLUICE_TYPE_CLOSURE;

constexpr char kFindTypeByNameSql[] =
    "WITH RECURSIVE wanted (oid) AS ("
    "SELECT "
    "pg_catalog.to_regtype($1::pg_catalog.text)::pg_catalog."
    "oid" SLUICE_TYPE_CLOSURE
    " ORDER BY t.oid <> pg_catalog.to_regtype($1::pg_catalog.text)";

#undef SLUICE_TYPE_CLOSURE

absl::Status UnexpectedRow() {
  return MakeError(absl::StatusCode::kInternal,
                   v1::ERROR_REASON_PROTOCOL_VIOLATION,
                   "the answer of the type lookup has an unexpected shape");
}

// pg_type.typtype, and 'a' for an array.
v1::TypeKind KindOf(char letter) {
  switch (letter) {
    case 'a':
      return v1::TYPE_KIND_ARRAY;
    case 'b':
      return v1::TYPE_KIND_BASE;
    case 'c':
      return v1::TYPE_KIND_COMPOSITE;
    case 'd':
      return v1::TYPE_KIND_DOMAIN;
    case 'e':
      return v1::TYPE_KIND_ENUM;
    case 'm':
      return v1::TYPE_KIND_MULTIRANGE;
    case 'p':
      return v1::TYPE_KIND_PSEUDO;
    case 'r':
      return v1::TYPE_KIND_RANGE;
    default:
      return v1::TYPE_KIND_UNSPECIFIED;
  }
}

// Takes the number in front of `mark`, and `mark`.
template <typename Int>
bool TakeNumber(absl::string_view& text, char mark, Int& number) {
  const size_t end = text.find(mark);
  if (end == absl::string_view::npos ||
      !absl::SimpleAtoi(text.substr(0, end), &number)) {
    return false;
  }
  text.remove_prefix(end + 1);
  return true;
}

bool ParseFields(absl::string_view text, std::vector<FieldRow>& fields) {
  while (!text.empty()) {
    FieldRow field;
    uint32_t name_bytes;
    if (!TakeNumber(text, ' ', field.type_oid) ||
        !TakeNumber(text, ' ', field.modifier) ||
        !TakeNumber(text, ':', name_bytes) || name_bytes > text.size()) {
      return false;
    }
    field.name = std::string(text.substr(0, name_bytes));
    text.remove_prefix(name_bytes);
    fields.push_back(std::move(field));
  }
  return true;
}

}  // namespace

absl::string_view FindTypesByOidSql() { return kFindTypesByOidSql; }

absl::string_view FindTypeByNameSql() { return kFindTypeByNameSql; }

absl::StatusOr<TypeRow> ParseTypeRow(
    absl::Span<const absl::string_view> columns) {
  if (columns.size() != kTypeRowColumns) return UnexpectedRow();
  TypeRow row;
  if (!absl::SimpleAtoi(columns[0], &row.oid) || row.oid == 0 ||
      columns[2].size() != 1 ||
      !absl::SimpleAtoi(columns[3], &row.element_oid) ||
      !absl::SimpleAtoi(columns[4], &row.base_oid) ||
      !absl::SimpleAtoi(columns[5], &row.base_modifier) ||
      columns[6].size() != 1 || !ParseFields(columns[7], row.fields)) {
    return UnexpectedRow();
  }
  row.name = std::string(columns[1]);
  row.kind = KindOf(columns[2][0]);
  row.delimiter = columns[6][0];
  return row;
}

std::string OidArrayText(absl::Span<const uint32_t> oids) {
  return absl::StrCat("{", absl::StrJoin(oids, ","), "}");
}

}  // namespace sluice::postgres

// The statements over pg_type and the reading of their rows.

#include "server/postgres/codec/type_query.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"

namespace sluice::postgres {
namespace {

// A type is an array exactly when the type of its elements names it as its
// array: oidvector and int2vector have elements too, but are none.
#define SLUICE_TYPE_CLOSURE                                         \
  " UNION"                                                          \
  " SELECT needed.oid FROM wanted"                                  \
  " JOIN pg_catalog.pg_type AS t ON t.oid = wanted.oid"             \
  " CROSS JOIN LATERAL (VALUES (t.typelem), (t.typbasetype))"       \
  " AS needed (oid) WHERE needed.oid <> 0)"                         \
  " SELECT t.oid::pg_catalog.text,"                                 \
  " pg_catalog.format_type(t.oid, NULL),"                           \
  " CASE WHEN element.oid IS NULL THEN t.typtype::pg_catalog.text"  \
  " ELSE 'a' END,"                                                  \
  " COALESCE(element.oid, 0)::pg_catalog.text,"                     \
  " t.typbasetype::pg_catalog.text,"                                \
  " t.typdelim::pg_catalog.text"                                    \
  " FROM wanted JOIN pg_catalog.pg_type AS t ON t.oid = wanted.oid" \
  " LEFT JOIN pg_catalog.pg_type AS element"                        \
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
      !absl::SimpleAtoi(columns[4], &row.base_oid) || columns[5].size() != 1) {
    return UnexpectedRow();
  }
  row.name = std::string(columns[1]);
  row.kind = KindOf(columns[2][0]);
  row.delimiter = columns[5][0];
  return row;
}

std::string OidArrayText(absl::Span<const uint32_t> oids) {
  return absl::StrCat("{", absl::StrJoin(oids, ","), "}");
}

}  // namespace sluice::postgres

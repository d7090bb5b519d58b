// How types that are not built in are looked up in pg_type.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TYPE_QUERY_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TYPE_QUERY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// An attribute of a composite.
struct FieldRow {
  std::string name;
  uint32_t type_oid = 0;
  int32_t modifier = -1;
};

// What one row of the two statements below says of a type.
struct TypeRow {
  uint32_t oid = 0;
  std::string name;
  v1::TypeKind kind = v1::TYPE_KIND_UNSPECIFIED;
  // Of what an array, a range or a multirange is made; 0 for others.
  uint32_t element_oid = 0;
  // What a domain is over, 0 for others, and its modifier.
  uint32_t base_oid = 0;
  int32_t base_modifier = -1;
  char delimiter = ',';
  // Of a composite, in order, without dropped ones.
  std::vector<FieldRow> fields;
};

// Finds types by OID: $1 is the text of an oid[] ("{16409,16412}"). Rows for
// OIDs that no type has are missing. With each type come those that it is made
// of or is a domain over, however deep. Every column is of type text, so text
// and binary results are the same bytes.
absl::string_view FindTypesByOidSql();

// Finds a type by name: $1 is the text that SQL would have after `::`. The
// first row is the type asked for, then those that it needs as above; no row:
// there is no such type. A text that is no type name at all fails in
// PostgreSQL 14 and 15 with an error of class 42.
absl::string_view FindTypeByNameSql();

// How many columns a row has.
constexpr size_t kTypeRowColumns = 8;

// Reads a row of either statement.
// Errors: INTERNAL (PROTOCOL_VIOLATION) when it is not of their shape.
absl::StatusOr<TypeRow> ParseTypeRow(
    absl::Span<const absl::string_view> columns);

// The parameter of FindTypesByOidSql.
std::string OidArrayText(absl::Span<const uint32_t> oids);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TYPE_QUERY_H_

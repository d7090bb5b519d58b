#include "tests/integration/catalog_types.h"

#include <cstdlib>

#include "absl/strings/str_split.h"

namespace sluice::testing {
namespace {

// Names are joined by line feeds, which none has here.
constexpr char kTypesSql[] = R"(
    SELECT t.oid, format_type(t.oid, -1), format_type(t.oid, NULL), t.typname,
           CASE WHEN e.oid IS NULL THEN t.typtype::text ELSE 'a' END,
           COALESCE(e.oid, r.rngsubtype, m.rngtypid, t.typbasetype),
           t.typsend::oid <> 0 AND t.typreceive::oid <> 0,
           f.oids, f.names, l.labels, COALESCE(e.typdelim, ',')
    FROM pg_type AS t
    LEFT JOIN pg_type AS e ON e.oid = t.typelem AND e.typarray = t.oid
    LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
    LEFT JOIN pg_range AS m ON m.rngmultitypid = t.oid
    CROSS JOIN LATERAL (
      SELECT string_agg(atttypid::text, E'\n' ORDER BY attnum) AS oids,
             string_agg(attname, E'\n' ORDER BY attnum) AS names
      FROM pg_attribute
      WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped) AS f
    CROSS JOIN LATERAL (
      SELECT string_agg(enumlabel, E'\n' ORDER BY enumsortorder) AS labels
      FROM pg_enum WHERE enumtypid = t.oid) AS l)";

uint32_t ToOid(const std::string& text) {
  return static_cast<uint32_t>(std::strtoul(text.c_str(), nullptr, 10));
}

CatalogType TypeOf(const SqlRow& row) {
  CatalogType type;
  type.sql_name = *row[1];
  type.name = *row[2];
  type.catalog_name = *row[3];
  type.kind = row[4]->front();
  type.inner_oid = ToOid(*row[5]);
  type.has_binary_form = *row[6] == "t";
  if (row[9].has_value()) type.labels = absl::StrSplit(*row[9], '\n');
  type.delimiter = row[10]->front();
  if (!row[7].has_value()) return type;
  for (const std::string& oid :
       std::vector<std::string>(absl::StrSplit(*row[7], '\n'))) {
    type.field_oids.push_back(ToOid(oid));
  }
  type.field_names = absl::StrSplit(*row[8], '\n');
  return type;
}

}  // namespace

absl::StatusOr<CatalogTypes> ReadCatalogTypes(SqlSession& session) {
  absl::StatusOr<SqlRows> rows = session.Execute(kTypesSql);
  if (!rows.ok()) return rows.status();
  CatalogTypes types;
  for (const SqlRow& row : *rows) types[ToOid(*row[0])] = TypeOf(row);
  return types;
}

}  // namespace sluice::testing

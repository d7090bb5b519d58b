// Every function and table is named with its schema: the search path may hold
// others of the name.
// https://www.postgresql.org/docs/15/catalogs.html

#include "client/cli/shell/catalog_queries.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice::cli {
namespace {

// Without a pattern: what is found without its schema, and is not the system's.
std::string Matches(absl::string_view schema, absl::string_view name,
                    absl::string_view is_visible) {
  constexpr absl::string_view kCondition = R"(
(CASE WHEN $1::text <> '' THEN {schema} ~ $1::text
      WHEN $2::text <> '' THEN {visible}
      ELSE {visible} AND {schema} <> 'pg_catalog'
           AND {schema} <> 'information_schema' AND {schema} !~ '^pg_toast' END)
AND ($2::text = '' OR {name} ~ $2::text))";
  return absl::StrReplaceAll(
      kCondition,
      {{"{schema}", schema}, {"{name}", name}, {"{visible}", is_visible}});
}

constexpr absl::string_view kRelationKind = R"(
CASE c.relkind
  WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
  WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
  WHEN 'i' THEN 'index' WHEN 'I' THEN 'partitioned index'
  WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table'
  WHEN 'c' THEN 'composite type' WHEN 't' THEN 'TOAST table' END)";

constexpr absl::string_view kRelationVisible =
    "pg_catalog.pg_table_is_visible(c.oid)";

CatalogList Relations(absl::string_view kinds) {
  return {
      .title = "List of relations",
      .sql = absl::StrCat(
          R"(SELECT n.nspname AS "Schema", c.relname AS "Name", )",
          kRelationKind, R"( AS "Type",
  pg_catalog.pg_get_userbyid(c.relowner) AS "Owner"
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ()",
          kinds, ") AND ", Matches("n.nspname", "c.relname", kRelationVisible),
          "ORDER BY 1, 2")};
}

CatalogList Schemas() {
  return {.title = "List of schemas", .sql = R"(
SELECT n.nspname AS "Name", pg_catalog.pg_get_userbyid(n.nspowner) AS "Owner"
FROM pg_catalog.pg_namespace AS n
WHERE $1::text = '' AND CASE
  WHEN $2::text <> '' THEN n.nspname ~ $2::text
  ELSE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' END
ORDER BY 1)"};
}

CatalogList Functions() {
  return {
      .title = "List of functions",
      .sql = absl::StrCat(R"(
SELECT n.nspname AS "Schema", p.proname AS "Name",
  pg_catalog.pg_get_function_result(p.oid) AS "Result data type",
  pg_catalog.pg_get_function_arguments(p.oid) AS "Argument data types",
  CASE p.prokind WHEN 'a' THEN 'agg' WHEN 'w' THEN 'window'
    WHEN 'p' THEN 'proc' ELSE 'func' END AS "Type"
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE )",
                          Matches("n.nspname", "p.proname",
                                  "pg_catalog.pg_function_is_visible(p.oid)"),
                          "ORDER BY 1, 2, 4")};
}

CatalogList Types() {
  return {.title = "List of data types",
          .sql = absl::StrCat(R"(
SELECT n.nspname AS "Schema", pg_catalog.format_type(t.oid, NULL) AS "Name",
  CASE t.typtype
    WHEN 'b' THEN 'base' WHEN 'c' THEN 'composite' WHEN 'd' THEN 'domain'
    WHEN 'e' THEN 'enum' WHEN 'm' THEN 'multirange' WHEN 'p' THEN 'pseudo'
    WHEN 'r' THEN 'range' END AS "Kind",
  CASE t.typtype
    WHEN 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod)
    WHEN 'e' THEN (
      SELECT pg_catalog.string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
      FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid)
    END AS "Elements",
  pg_catalog.obj_description(t.oid, 'pg_type') AS "Description"
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE (t.typrelid = 0 OR (
    SELECT c.relkind = 'c' FROM pg_catalog.pg_class AS c
    WHERE c.oid = t.typrelid))
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_type AS e
    WHERE e.oid = t.typelem AND e.typarray = t.oid)
  AND )",
                              Matches("n.nspname", "t.typname",
                                      "pg_catalog.pg_type_is_visible(t.oid)"),
                              "ORDER BY 1, 2")};
}

}  // namespace

absl::optional<CatalogList> FindCatalogList(absl::string_view command) {
  if (command == "d") return Relations("'r', 'p', 'v', 'm', 'S', 'f'");
  if (command == "dt") return Relations("'r', 'p'");
  if (command == "dv") return Relations("'v'");
  if (command == "dm") return Relations("'m'");
  if (command == "di") return Relations("'i', 'I'");
  if (command == "ds") return Relations("'S'");
  if (command == "dn") return Schemas();
  if (command == "df") return Functions();
  if (command == "dT") return Types();
  return absl::nullopt;
}

std::string FindRelationsSql() {
  return absl::StrCat(R"(
SELECT c.oid, pg_catalog.concat(
    CASE c.relpersistence WHEN 'u' THEN 'Unlogged ' END,
    pg_catalog.upper(pg_catalog.substr(kind.name, 1, 1)),
    pg_catalog.substr(kind.name, 2), ' "', n.nspname, '.', c.relname, '"'),
  c.relkind IN ('v', 'm')
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace,
LATERAL (SELECT )",
                      kRelationKind, ") AS kind (name) WHERE ",
                      Matches("n.nspname", "c.relname", kRelationVisible),
                      "ORDER BY n.nspname, c.relname");
}

absl::string_view RelationColumnsSql() {
  return R"(
SELECT a.attname AS "Column",
  pg_catalog.format_type(a.atttypid, a.atttypmod) AS "Type",
  (SELECT l.collname FROM pg_catalog.pg_collation AS l
   JOIN pg_catalog.pg_type AS t ON t.typcollation <> a.attcollation
   WHERE l.oid = a.attcollation AND t.oid = a.atttypid) AS "Collation",
  CASE WHEN a.attnotnull THEN 'not null' ELSE '' END AS "Nullable",
  CASE
    WHEN a.attidentity = 'a' THEN 'generated always as identity'
    WHEN a.attidentity = 'd' THEN 'generated by default as identity'
    WHEN a.attgenerated = 's' THEN 'generated always as (' ||
      pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') stored'
    ELSE pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS "Default"
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_attrdef AS d
  ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum)";
}

absl::string_view RelationFooterSql() {
  return R"(
SELECT section, line FROM (
  SELECT 1 AS rank, 'Partition key' AS section,
    pg_catalog.pg_get_partkeydef(p.partrelid) AS line
  FROM pg_catalog.pg_partitioned_table AS p WHERE p.partrelid = $1::oid
  UNION ALL
  SELECT 2, 'Inherits', i.inhparent::pg_catalog.regclass::text
  FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = $1::oid
  UNION ALL
  SELECT 3, 'Indexes', pg_catalog.concat('"', c.relname, '" ',
    CASE WHEN i.indisprimary THEN 'PRIMARY KEY, '
      WHEN k.contype = 'u' THEN 'UNIQUE CONSTRAINT, '
      WHEN i.indisunique THEN 'UNIQUE, ' END,
    pg_catalog.substr(def.text, pg_catalog.strpos(def.text, ' USING ') + 7),
    CASE WHEN NOT i.indisvalid THEN ' INVALID' END)
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  LEFT JOIN pg_catalog.pg_constraint AS k
    ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'),
  LATERAL pg_catalog.pg_get_indexdef(i.indexrelid, 0, true) AS def (text)
  WHERE i.indrelid = $1::oid
  UNION ALL
  SELECT CASE k.contype WHEN 'c' THEN 4 ELSE 5 END,
    CASE k.contype WHEN 'c' THEN 'Check constraints'
      ELSE 'Foreign-key constraints' END,
    pg_catalog.concat('"', k.conname, '" ',
                      pg_catalog.pg_get_constraintdef(k.oid, true))
  FROM pg_catalog.pg_constraint AS k
  WHERE k.conrelid = $1::oid AND k.contype IN ('c', 'f')
  UNION ALL
  SELECT 6, 'Referenced by', pg_catalog.concat('TABLE "',
    k.conrelid::pg_catalog.regclass, '" CONSTRAINT "', k.conname, '" ',
    pg_catalog.pg_get_constraintdef(k.oid, true))
  FROM pg_catalog.pg_constraint AS k
  WHERE k.confrelid = $1::oid AND k.contype = 'f'
  UNION ALL
  SELECT 7, 'Triggers', pg_catalog.pg_get_triggerdef(t.oid, true)
  FROM pg_catalog.pg_trigger AS t
  WHERE t.tgrelid = $1::oid AND NOT t.tgisinternal
  UNION ALL
  SELECT 8, 'Partitions', i.inhrelid::pg_catalog.regclass::text
  FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = $1::oid
) AS footer ORDER BY rank, line)";
}

absl::string_view ViewDefinitionSql() {
  return "SELECT pg_catalog.pg_get_viewdef($1::oid, true)";
}

absl::string_view CompletionNamesSql() {
  return R"(
SELECT 'schema', '', n.nspname::text, true, '', 0
FROM pg_catalog.pg_namespace AS n WHERE n.nspname !~ '^pg_(toast|temp)'
UNION ALL
-- Functions that SQL can call.
SELECT DISTINCT 'function', '', p.proname::text, true, '', 0
FROM pg_catalog.pg_proc AS p
WHERE pg_catalog.pg_function_is_visible(p.oid) AND p.proname !~ '^_'
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_type AS t
    WHERE t.oid = ANY (p.prorettype || p.proargtypes::oid[])
      AND t.typname IN ('cstring', 'internal', 'trigger', 'event_trigger',
                        'language_handler'))
UNION ALL
SELECT 'type', '', t.typname::text, true, '', 0
FROM pg_catalog.pg_type AS t
WHERE pg_catalog.pg_type_is_visible(t.oid) AND t.typrelid = 0
  AND t.typname !~ '^_'
UNION ALL
SELECT 'relation', n.nspname::text, c.relname::text,
  pg_catalog.pg_table_is_visible(c.oid), a.attname::text, a.attnum
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a
  ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY 1, 2, 3, 6)";
}

}  // namespace sluice::cli

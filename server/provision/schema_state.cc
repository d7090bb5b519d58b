#include "server/provision/schema_state.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice::provision {
namespace {

// One row. An ordinary table of the schema's owner with that column is the mark
// of a schema that this program made.
constexpr char kStateQuery[] = R"sql(
SELECT current_database() AS database,
       current_user AS role,
       pg_is_in_recovery() AS in_recovery,
       has_database_privilege(current_database(), 'CREATE') AS may_create,
       pg_get_userbyid(n.nspowner) AS owner,
       n.nspowner = (SELECT r.oid FROM pg_roles AS r
                      WHERE r.rolname = current_user) AS is_own,
       EXISTS (SELECT FROM pg_class AS c JOIN pg_attribute AS a
                 ON a.attrelid = c.oid AND a.attname = 'version'
                WHERE c.relnamespace = n.oid AND c.relname = 'migration'
                  AND c.relkind = 'r' AND c.relowner = n.nspowner) AS is_made,
       EXISTS (SELECT FROM pg_depend AS d
                WHERE d.refclassid = 'pg_namespace'::regclass
                  AND d.refobjid = n.oid) AS has_objects
  FROM (VALUES (1)) AS one
  LEFT JOIN pg_namespace AS n ON n.nspname = )sql";

absl::Status ForeignOwner(const std::string& schema, const pqxx::row& row) {
  const std::string owner = row["owner"].c_str();
  return absl::FailedPreconditionError(
      absl::StrCat("schema ", schema, " in database ", row["database"].c_str(),
                   " belongs to role ", owner, ", not to ", row["role"].c_str(),
                   ": connect as that role if this program made it there "
                   "(a member of it by PGOPTIONS='-c role=",
                   owner, "'), else rename the schema"));
}

absl::Status ForeignObjects(const std::string& schema, const pqxx::row& row) {
  return absl::FailedPreconditionError(
      absl::StrCat("schema ", schema, " in database ", row["database"].c_str(),
                   " holds objects that this program did not make: rename the "
                   "schema, or move them"));
}

}  // namespace

absl::StatusOr<SchemaState> ReadSchemaState(const std::string& schema,
                                            pqxx::work& transaction) {
  const pqxx::result result =
      transaction.exec(kStateQuery + transaction.quote(schema));
  const pqxx::row row = result[0];
  SchemaState state;
  state.database = row["database"].c_str();
  state.role = row["role"].c_str();
  if (!row["may_create"].as<bool>()) {
    state.creation = SchemaState::Creation::kRefused;
  }
  if (row["in_recovery"].as<bool>()) {
    state.access = SchemaState::Access::kReadOnly;
  }
  if (row["owner"].is_null()) return state;
  if (!row["is_own"].as<bool>()) return ForeignOwner(schema, row);
  if (row["is_made"].as<bool>()) {
    state.presence = SchemaState::Presence::kMade;
    const pqxx::result version = transaction.exec(absl::StrCat(
        "SELECT coalesce(max(m.version), 0) FROM ", schema, ".migration AS m"));
    state.version = version[0][0].as<int>();
    return state;
  }
  if (row["has_objects"].as<bool>()) return ForeignObjects(schema, row);
  state.presence = SchemaState::Presence::kEmpty;
  return state;
}

}  // namespace sluice::provision

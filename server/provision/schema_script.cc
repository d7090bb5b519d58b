#include "server/provision/schema_script.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::provision {

const absl::string_view kSettingsScript =
    "SET LOCAL search_path = pg_catalog, pg_temp;\n"
    "SET LOCAL client_min_messages = warning;\n";

// READ COMMITTED: what is read after the lock is what the last run left. The
// first number is "Sluice" in ASCII.
std::string LockScript(const SchemaPlan& plan) {
  return absl::StrCat(
      "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;\n"
      "SET LOCAL lock_timeout = '10s';\n"
      "SELECT pg_advisory_xact_lock(1399616873, ",
      plan.lock_key, ");\n");
}

std::string MigrationScript(const SchemaPlan& plan, const Migration& migration,
                            SchemaState::Presence presence) {
  return absl::StrCat(presence == SchemaState::Presence::kMissing
                          ? absl::StrCat("CREATE SCHEMA ", plan.schema, ";\n")
                          : "",
                      migration.sql, "\nINSERT INTO ", plan.schema,
                      ".migration (version, name) VALUES (", migration.version,
                      ", '", migration.name, "');\n\n", plan.rights_sql);
}

std::string GrantScript(const SchemaPlan& plan,
                        const std::vector<std::string>& quoted_roles) {
  if (quoted_roles.empty()) return "";
  const std::string roles = absl::StrJoin(quoted_roles, ", ");
  return absl::StrCat("GRANT USAGE ON SCHEMA ", plan.schema, " TO ", roles,
                      ";\nGRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ",
                      plan.schema, " TO ", roles, ";\n");
}

std::string TransactionScript(const SchemaPlan& plan,
                              absl::string_view statements) {
  return absl::StrCat("BEGIN;\n", kSettingsScript, LockScript(plan), statements,
                      "COMMIT;\n");
}

}  // namespace sluice::provision

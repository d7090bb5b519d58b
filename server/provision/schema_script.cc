#include "server/provision/schema_script.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::provision {

const absl::string_view kSettingsScript =
    "SET LOCAL search_path = pg_catalog, pg_temp;\n"
    "SET LOCAL client_min_messages = warning;\n";

// READ COMMITTED: what is read after the lock is what the last run left. The
// numbers are "Sluice" in ASCII, and the first schema of this program.
const absl::string_view kLockScript =
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;\n"
    "SET LOCAL lock_timeout = '10s';\n"
    "SELECT pg_advisory_xact_lock(1399616873, 1);\n";

std::string MigrationScript(const SchemaPlan& plan, const Migration& migration,
                            SchemaState::Presence presence) {
  return absl::StrCat(
      presence == SchemaState::Presence::kMissing ? "CREATE SCHEMA sluice;\n"
                                                  : "",
      migration.sql, "\nINSERT INTO sluice.migration (version, name) VALUES (",
      migration.version, ", '", migration.name, "');\n\n", plan.rights_sql);
}

std::string GrantScript(const std::vector<std::string>& quoted_roles) {
  if (quoted_roles.empty()) return "";
  const std::string roles = absl::StrJoin(quoted_roles, ", ");
  return absl::StrCat("GRANT USAGE ON SCHEMA sluice TO ", roles,
                      ";\nGRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sluice TO ",
                      roles, ";\n");
}

std::string TransactionScript(absl::string_view statements) {
  return absl::StrCat("BEGIN;\n", kSettingsScript, kLockScript, statements,
                      "COMMIT;\n");
}

}  // namespace sluice::provision

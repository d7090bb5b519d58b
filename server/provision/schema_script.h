// The statements that make, migrate and grant a schema: what the program runs
// and what --dry-run prints.

#ifndef SLUICE_SERVER_PROVISION_SCHEMA_SCRIPT_H_
#define SLUICE_SERVER_PROVISION_SCHEMA_SCRIPT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/provision/migration.h"
#include "server/provision/schema_state.h"

namespace sluice::provision {

// First in every transaction: names and limits do not hang on what the role or
// the database sets.
extern const absl::string_view kSettingsScript;

// Next in those that write: waits until no other run of this program works on
// the schema.
std::string LockScript(const SchemaPlan& plan);

// From the version before to that of `migration`.
std::string MigrationScript(const SchemaPlan& plan, const Migration& migration,
                            SchemaState::Presence presence);

// Lets roles use the schema; names are quoted. "" without roles.
std::string GrantScript(const SchemaPlan& plan,
                        const std::vector<std::string>& quoted_roles);

// The statements as one transaction, for psql.
std::string TransactionScript(const SchemaPlan& plan,
                              absl::string_view statements);

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_SCHEMA_SCRIPT_H_

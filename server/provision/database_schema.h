// DatabaseSchema: looks at, makes and migrates a schema of one database.

#ifndef SLUICE_SERVER_PROVISION_DATABASE_SCHEMA_H_
#define SLUICE_SERVER_PROVISION_DATABASE_SCHEMA_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/provision/database_session.h"
#include "server/provision/migration.h"
#include "server/provision/schema_state.h"

namespace sluice::provision {

class DatabaseSchema {
 public:
  // Takes a line of progress, without its newline.
  using Progress = std::function<void(const std::string& line)>;

  DatabaseSchema(DatabaseSession session, SchemaPlan plan)
      : session_(std::move(session)), plan_(std::move(plan)) {}

  // What is there.
  // Errors: those of ReadSchemaState; FAILED_PRECONDITION when it is newer than
  // the plan.
  absl::StatusOr<SchemaState> Read();

  // Brings it to the newest version, a transaction for each, and lets `roles`
  // use it. Two at once do each step once.
  // Errors: those of Read, FAILED_PRECONDITION on a replica, PERMISSION_DENIED
  // for who may not make schemas, NOT_FOUND for a role that does not exist: all
  // of these before anything is done; then those of DatabaseSession::Run.
  absl::Status Apply(const std::vector<std::string>& roles,
                     const Progress& progress);

  // The statements that Apply would run, for psql.
  // Errors: those of Apply before anything is done.
  absl::StatusOr<std::string> MakeScript(const std::vector<std::string>& roles);

  // Those of `roles` that may not use the schema, or not all of it; all of them
  // when it is not there.
  absl::StatusOr<std::vector<std::string>> FindRolesWithoutRights(
      const std::vector<std::string>& roles);

 private:
  // What must hold before anything is changed.
  absl::StatusOr<SchemaState> Prepare(const std::vector<std::string>& roles);
  absl::Status CheckRoles(const std::vector<std::string>& roles);
  absl::StatusOr<SchemaState> ReadIn(pqxx::work& transaction);
  // Runs the next migration, if there is one. Gives the version then.
  absl::StatusOr<int> Advance(const Progress& progress);
  absl::Status Grant(const std::vector<std::string>& roles,
                     const Progress& progress);
  std::string SettingsAndLock() const;
  std::string GrantTo(const std::vector<std::string>& roles);

  DatabaseSession session_;
  const SchemaPlan plan_;
};

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_DATABASE_SCHEMA_H_

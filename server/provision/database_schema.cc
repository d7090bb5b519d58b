#include "server/provision/database_schema.h"

#include "absl/strings/str_cat.h"
#include "server/provision/schema_script.h"

namespace sluice::provision {
namespace {

std::string Settings() { return std::string(kSettingsScript); }

}  // namespace

std::string DatabaseSchema::SettingsAndLock() const {
  return absl::StrCat(kSettingsScript, LockScript(plan_));
}

absl::StatusOr<SchemaState> DatabaseSchema::ReadIn(pqxx::work& transaction) {
  absl::StatusOr<SchemaState> state =
      ReadSchemaState(plan_.schema, transaction);
  if (!state.ok() || state->version <= plan_.newest_version()) return state;
  return absl::FailedPreconditionError(
      absl::StrCat("schema ", plan_.schema, " in database ", state->database,
                   " is at version ", state->version, ", newer than the ",
                   plan_.newest_version(),
                   " of this program: use a newer sluice-provision"));
}

absl::StatusOr<SchemaState> DatabaseSchema::Read() {
  absl::StatusOr<SchemaState> state = absl::UnknownError("");
  absl::Status status = session_.Run([&](pqxx::work& transaction) {
    transaction.exec(Settings());
    state = ReadIn(transaction);
    return state.status();
  });
  if (!status.ok()) return status;
  return state;
}

absl::Status DatabaseSchema::CheckRoles(const std::vector<std::string>& roles) {
  return session_.Run([&](pqxx::work& transaction) {
    transaction.exec(Settings());
    for (const std::string& role : roles) {
      const pqxx::result found =
          transaction.exec("SELECT FROM pg_roles AS r WHERE r.rolname = " +
                           transaction.quote(role));
      if (found.empty()) {
        return absl::NotFoundError(
            absl::StrCat("role ", role, " does not exist; nothing was done"));
      }
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<SchemaState> DatabaseSchema::Prepare(
    const std::vector<std::string>& roles) {
  absl::StatusOr<SchemaState> state = Read();
  if (!state.ok()) return state;
  if (state->access == SchemaState::Access::kReadOnly) {
    return absl::FailedPreconditionError(
        "this server is a replica: connect to the primary");
  }
  if (state->presence == SchemaState::Presence::kMissing &&
      state->creation == SchemaState::Creation::kRefused) {
    return absl::PermissionDeniedError(
        absl::StrCat("role ", state->role, " may not make schemas in database ",
                     state->database,
                     ": connect as the database's owner, or as a role "
                     "that has CREATE on the database"));
  }
  absl::Status status = CheckRoles(roles);
  if (!status.ok()) return status;
  return state;
}

absl::StatusOr<int> DatabaseSchema::Advance(const Progress& progress) {
  int version = 0;
  std::string line;
  absl::Status status = session_.Run([&](pqxx::work& transaction) {
    transaction.exec(SettingsAndLock());
    absl::StatusOr<SchemaState> state = ReadIn(transaction);
    if (!state.ok()) return state.status();
    version = state->version;
    if (version == plan_.newest_version()) return absl::OkStatus();
    const Migration& migration = plan_.migrations[version];
    transaction.exec(MigrationScript(plan_, migration, state->presence));
    version = migration.version;
    line =
        absl::StrCat(state->database, ": schema ", plan_.schema,
                     " is now at version ", version, " (", migration.name, ")");
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (!line.empty()) progress(line);
  return version;
}

std::string DatabaseSchema::GrantTo(const std::vector<std::string>& roles) {
  std::vector<std::string> quoted;
  quoted.reserve(roles.size());
  for (const std::string& role : roles) {
    quoted.push_back(session_.QuoteName(role));
  }
  return GrantScript(plan_, quoted);
}

absl::Status DatabaseSchema::Grant(const std::vector<std::string>& roles,
                                   const Progress& progress) {
  if (roles.empty()) return absl::OkStatus();
  absl::Status status = session_.Run([&](pqxx::work& transaction) {
    transaction.exec(SettingsAndLock());
    transaction.exec(GrantTo(roles));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  for (const std::string& role : roles) {
    progress(absl::StrCat("role ", role, " may use schema ", plan_.schema));
  }
  return absl::OkStatus();
}

absl::Status DatabaseSchema::Apply(const std::vector<std::string>& roles,
                                   const Progress& progress) {
  absl::StatusOr<SchemaState> state = Prepare(roles);
  if (!state.ok()) return state.status();
  int version = state->version;
  if (version == plan_.newest_version()) {
    progress(absl::StrCat(state->database, ": schema ", plan_.schema,
                          " is at version ", version, ", up to date"));
  }
  while (version < plan_.newest_version()) {
    absl::StatusOr<int> advanced = Advance(progress);
    if (!advanced.ok()) return advanced.status();
    version = *advanced;
  }
  return Grant(roles, progress);
}

absl::StatusOr<std::string> DatabaseSchema::MakeScript(
    const std::vector<std::string>& roles) {
  absl::StatusOr<SchemaState> state = Prepare(roles);
  if (!state.ok()) return state.status();
  std::string script = absl::StrCat(
      "-- Schema ", plan_.schema, " in database ", state->database,
      ", from version ", state->version, " to ", plan_.newest_version(), "\n");
  SchemaState::Presence presence = state->presence;
  for (int i = state->version; i < plan_.newest_version(); ++i) {
    absl::StrAppend(
        &script,
        TransactionScript(
            plan_, MigrationScript(plan_, plan_.migrations[i], presence)));
    presence = SchemaState::Presence::kMade;
  }
  const std::string grants = GrantTo(roles);
  if (!grants.empty())
    absl::StrAppend(&script, TransactionScript(plan_, grants));
  return script;
}

absl::StatusOr<std::vector<std::string>> DatabaseSchema::FindRolesWithoutRights(
    const std::vector<std::string>& roles) {
  absl::Status status = CheckRoles(roles);
  std::vector<std::string> without;
  if (!status.ok()) return status;
  status = session_.Run([&](pqxx::work& transaction) {
    transaction.exec(Settings());
    for (const std::string& role : roles) {
      const std::string quoted = transaction.quote(role);
      const pqxx::result rights = transaction.exec(absl::StrCat(
          "SELECT coalesce(bool_and(has_schema_privilege(", quoted,
          ", n.oid, 'USAGE') AND has_function_privilege(", quoted,
          ", p.oid, 'EXECUTE')), false) FROM pg_namespace AS n JOIN pg_proc AS "
          "p ON p.pronamespace = n.oid WHERE n.nspname = ",
          transaction.quote(plan_.schema)));
      if (!rights[0][0].as<bool>()) without.push_back(role);
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return without;
}

}  // namespace sluice::provision

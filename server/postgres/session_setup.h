// The SQL that makes a session what the gateway takes it for.

#ifndef SLUICE_SERVER_POSTGRES_SESSION_SETUP_H_
#define SLUICE_SERVER_POSTGRES_SESSION_SETUP_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/session_state.h"

namespace sluice::postgres {

// The setting that carries a session's access, and its value.
inline constexpr absl::string_view kReadOnlyParameter =
    "default_transaction_read_only";
absl::string_view ReadOnlyValue(Access access);

// What PostgreSQL reported of a new session, and pgbouncer may have set: RESET
// goes back to what the role says.
struct ReportedSettings {
  std::string application_name;
  std::string date_style;
  std::string time_zone;
};

// Each is one Query, and ends with a row of ReadOnlyValue(access) when all of
// it took effect.

// Of the first round trip. Its row has who the session is of, too, and which
// attributes of theirs the gateway must not serve with: "SUPERUSER, ...".
std::string OpeningSql(Access access);

// Errors: FAILED_PRECONDITION (BACKEND_UNSUPPORTED) unless the session is of
// `role`, without such attributes.
absl::Status CheckSessionRole(absl::string_view role,
                              absl::string_view session_user,
                              absl::string_view attributes);

// A unit that sets custom settings for the session, their values as parameters.
// `settings` is not empty.
std::string SettingsMessages(
    const std::map<std::string, std::string>& settings);

std::string SwitchSql(Access access);

// Undoes what a session can hold beyond a transaction: settings, roles,
// advisory locks, cursors, channels, temporary objects, what its sequences
// gave, the seed of random(). What the gateway has prepared stays. No row at
// the end: SQL code has prepared something, or left fewer than the gateway's
// `prepared_count`.
std::string ResetSql(Access access, const ReportedSettings& at_opening,
                     size_t prepared_count);

// Ends the backend, which a mere close leaves to pgbouncer: it resets less.
absl::string_view EndSessionSql();

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_SESSION_SETUP_H_

#include "server/pgbouncer_sync/console.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <unistd.h>

#include <initializer_list>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice::pgbouncer_sync {
namespace {

constexpr char kConnectSeconds[] = "2";
constexpr absl::Duration kAnswerLimit = absl::Seconds(3);

// As pgbouncer calls its console, and the user of its own that may enter it.
constexpr char kName[] = "pgbouncer";

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
// A row by the names of its columns.
using Row = absl::flat_hash_map<std::string, std::string>;

absl::Status Fail(absl::string_view what, const PGconn* connection) {
  return absl::UnavailableError(absl::StrCat(
      what, ": ", absl::StripAsciiWhitespace(PQerrorMessage(connection))));
}

absl::StatusOr<Connection> Connect(
    const config::v1::PgbouncerConsole& settings) {
  const passwd* const self = getpwuid(geteuid());
  if (self == nullptr) {
    return absl::UnavailableError("this process's user has no name");
  }
  const std::string user = self->pw_name;
  const std::string port = absl::StrCat(settings.port());
  // What is not said here would come from the environment.
  const std::pair<const char*, const char*> options[] = {
      {"host", settings.socket_folder().c_str()},
      {"port", port.c_str()},
      {"dbname", kName},
      {"user", kName},
      {"requirepeer", user.c_str()},
      // A path that can't be: libpq would warn of one that is no plain file.
      {"passfile", "/dev/null/none"},
      {"password", ""},
      {"options", ""},
      {"sslmode", "disable"},
      {"gssencmode", "disable"},
      {"client_encoding", ""},
      {"application_name", "sluice-pgbouncer-sync"},
      {"connect_timeout", kConnectSeconds},
  };
  std::vector<const char*> names, values;
  for (const auto& [name, value] : options) {
    names.push_back(name);
    values.push_back(value);
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  Connection connection(PQconnectdbParams(names.data(), values.data(), 0),
                        &PQfinish);
  if (PQstatus(connection.get()) == CONNECTION_OK) return connection;
  return Fail("pgbouncer's console", connection.get());
}

// Waits for the answer's next bytes.
bool AwaitBytes(PGconn* connection, absl::Time deadline) {
  pollfd descriptor = {PQsocket(connection), POLLIN, 0};
  const int64_t milliseconds =
      absl::ToInt64Milliseconds(deadline - absl::Now());
  return milliseconds > 0 &&
         poll(&descriptor, 1, static_cast<int>(milliseconds)) > 0 &&
         PQconsumeInput(connection) == 1;
}

absl::StatusOr<std::vector<Row>> Ask(PGconn* connection, const char* command) {
  if (PQsendQuery(connection, command) != 1) return Fail(command, connection);
  const absl::Time deadline = absl::Now() + kAnswerLimit;
  while (PQisBusy(connection) == 1) {
    if (!AwaitBytes(connection, deadline)) {
      return absl::UnavailableError(absl::StrCat(command, ": no answer"));
    }
  }
  const Result result(PQgetResult(connection), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    return Fail(command, connection);
  }
  std::vector<Row> rows(static_cast<size_t>(PQntuples(result.get())));
  for (size_t i = 0; i < rows.size(); ++i) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      rows[i][PQfname(result.get(), column)] =
          PQgetvalue(result.get(), static_cast<int>(i), column);
    }
  }
  // The end of the answer has come with it.
  while (Result(PQgetResult(connection), &PQclear) != nullptr) {
  }
  return rows;
}

bool Matches(const Row& row, const Entry& entry) {
  const std::pair<const char*, std::string> columns[] = {
      {"host", entry.host},
      {"port", absl::StrCat(entry.port)},
      {"database", entry.database},
      {"force_user", entry.role},
      {"pool_size", absl::StrCat(entry.pool_size)},
  };
  for (const auto& [name, value] : columns) {
    const auto found = row.find(name);
    if (found == row.end() || found->second != value) return false;
  }
  return true;
}

}  // namespace

absl::Status Console::Reload(const std::vector<Entry>& entries) const {
  const absl::StatusOr<Connection> connection = Connect(settings_);
  if (!connection.ok()) return connection.status();
  absl::StatusOr<std::vector<Row>> rows = Ask(connection->get(), "RELOAD");
  if (rows.ok()) rows = Ask(connection->get(), "SHOW DATABASES");
  if (!rows.ok()) return rows.status();
  absl::flat_hash_map<std::string, const Row*> by_name;
  for (const Row& row : *rows) {
    const auto name = row.find("name");
    if (name != row.end()) by_name[name->second] = &row;
  }
  for (const Entry& entry : entries) {
    const auto row = by_name.find(entry.name);
    if (row == by_name.end() || !Matches(*row->second, entry)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "pgbouncer does not have the entry ", entry.name,
          " as it was written: its log says why, and its main file includes "
          "that of the cluster, or does not"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::flat_hash_set<std::string>> Console::FindUsedEntries()
    const {
  const absl::StatusOr<Connection> connection = Connect(settings_);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<std::vector<Row>> rows =
      Ask(connection->get(), "SHOW POOLS");
  if (!rows.ok()) return rows.status();
  absl::flat_hash_set<std::string> used;
  for (Row row : *rows) {
    if (row["cl_active"] != "0" || row["cl_waiting"] != "0") {
      used.insert(row["database"]);
    }
  }
  return used;
}

}  // namespace sluice::pgbouncer_sync

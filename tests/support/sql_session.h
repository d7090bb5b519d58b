// SqlSession: a blocking session of libpq, to look at PostgreSQL past the
// gateway.

#ifndef SLUICE_TESTS_SUPPORT_SQL_SESSION_H_
#define SLUICE_TESTS_SUPPORT_SQL_SESSION_H_

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::testing {

// Values as PostgreSQL's text; nothing for NULL.
using SqlRow = std::vector<std::optional<std::string>>;
using SqlRows = std::vector<SqlRow>;

// What PostgreSQL reports of a statement that fails.
struct SqlFailure {
  std::string sqlstate;
  std::string message;
  // In characters from 1; 0: not told.
  int position = 0;
};

// A parameter as Bind takes it.
struct SqlParameter {
  uint32_t type_oid = 0;
  enum class Format { kText, kBinary } format = Format::kText;
  std::string bytes;
};

class SqlSession {
 public:
  // `conninfo` as libpq takes it. Settings of the environment and of the home
  // folder do not count.
  // Errors: UNAVAILABLE with libpq's message.
  static absl::StatusOr<SqlSession> Open(const std::string& conninfo);

  // Runs a command; for several the rows are the last one's.
  // Errors: INTERNAL with PostgreSQL's message.
  absl::StatusOr<SqlRows> Execute(const std::string& sql);

  // Runs a query for rows in PostgreSQL's binary formats.
  absl::StatusOr<SqlRows> ExecuteBinary(const std::string& sql);

  // Runs a statement with one parameter.
  // Errors: INTERNAL with PostgreSQL's primary message alone.
  absl::StatusOr<SqlRows> ExecuteWith(const std::string& sql,
                                      const SqlParameter& parameter);

  // Runs a command that fails; nothing when it does not.
  std::optional<SqlFailure> FindFailure(const std::string& sql);

  // What PostgreSQL keeps of a password (pg_authid.rolpassword).
  std::string MakeVerifier(const std::string& user,
                           const std::string& password);

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  explicit SqlSession(PGconn* connection) : connection_(connection) {}

  std::unique_ptr<PGconn, Finish> connection_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_SQL_SESSION_H_

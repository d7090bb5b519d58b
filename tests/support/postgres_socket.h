// PostgresSocket: the Unix socket of a PostgreSQL, where tests look at it past
// pgbouncer and the gateway.

#ifndef SLUICE_TESTS_SUPPORT_POSTGRES_SOCKET_H_
#define SLUICE_TESTS_SUPPORT_POSTGRES_SOCKET_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "tests/support/sql_session.h"

namespace sluice::testing {

// Its server takes every role there without a password.
class PostgresSocket {
 public:
  PostgresSocket(std::string folder, uint16_t port)
      : folder_(std::move(folder)), port_(port) {}

  const std::string& socket_folder() const { return folder_; }
  uint16_t port() const { return port_; }

  // Of `user`, as libpq takes it.
  std::string ConnectionString(const std::string& database,
                               const std::string& user) const;

  // A session of `user`.
  absl::StatusOr<SqlSession> Connect(const std::string& database,
                                     const std::string& user) const;

  // Runs a command as superuser.
  absl::StatusOr<SqlRows> Execute(const std::string& database,
                                  const std::string& sql) const;

  // "" and a failure of the test when the command fails; else the first value
  // of the first row, "" when there is none.
  std::string Ask(const std::string& database, const std::string& sql) const;

 private:
  const std::string folder_;
  const uint16_t port_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_POSTGRES_SOCKET_H_

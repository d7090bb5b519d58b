#include "tests/support/postgres_socket.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace sluice::testing {

std::string PostgresSocket::ConnectionString(const std::string& database,
                                             const std::string& user) const {
  return absl::StrCat("host=", folder_, " port=", port_, " dbname=", database,
                      " user=", user);
}

absl::StatusOr<SqlSession> PostgresSocket::Connect(
    const std::string& database, const std::string& user) const {
  return SqlSession::Open(ConnectionString(database, user));
}

absl::StatusOr<SqlRows> PostgresSocket::Execute(const std::string& database,
                                                const std::string& sql) const {
  absl::StatusOr<SqlSession> session = Connect(database, "postgres");
  if (!session.ok()) return session.status();
  return session->Execute(sql);
}

std::string PostgresSocket::Ask(const std::string& database,
                                const std::string& sql) const {
  absl::StatusOr<SqlRows> rows = Execute(database, sql);
  if (!rows.ok()) ADD_FAILURE() << rows.status();
  if (!rows.ok() || rows->empty() || rows->front().empty()) return "";
  return rows->front().front().value_or("");
}

}  // namespace sluice::testing

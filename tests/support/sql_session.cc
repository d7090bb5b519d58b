#include "tests/support/sql_session.h"

#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice::testing {
namespace {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

std::string FieldOf(const Result& result, int code) {
  const char* const field = PQresultErrorField(result.get(), code);
  return field == nullptr ? std::string() : std::string(field);
}

bool Succeeded(const Result& result) {
  const ExecStatusType status = PQresultStatus(result.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

SqlRows RowsOf(const Result& result) {
  SqlRows rows(static_cast<size_t>(PQntuples(result.get())));
  for (size_t i = 0; i < rows.size(); ++i) {
    const int row = static_cast<int>(i);
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (PQgetisnull(result.get(), row, column)) {
        rows[i].emplace_back();
      } else {
        rows[i].emplace_back(std::string(
            PQgetvalue(result.get(), row, column),
            static_cast<size_t>(PQgetlength(result.get(), row, column))));
      }
    }
  }
  return rows;
}

}  // namespace

absl::StatusOr<SqlSession> SqlSession::Open(const std::string& conninfo) {
  const std::string all = absl::StrCat(
      "passfile=/nonexistent sslmode=disable gssencmode=disable "
      "client_encoding=UTF8 options='' connect_timeout=10 ",
      conninfo);
  SqlSession session(PQconnectdb(all.c_str()));
  if (PQstatus(session.connection_.get()) != CONNECTION_OK) {
    return absl::UnavailableError(PQerrorMessage(session.connection_.get()));
  }
  PQsetNoticeProcessor(
      session.connection_.get(), [](void*, const char*) {}, nullptr);
  return session;
}

absl::StatusOr<SqlRows> SqlSession::Execute(const std::string& sql) {
  const Result result(PQexec(connection_.get(), sql.c_str()));
  if (!Succeeded(result)) {
    return absl::InternalError(
        absl::StrCat(PQerrorMessage(connection_.get()), sql));
  }
  return RowsOf(result);
}

absl::StatusOr<SqlRows> SqlSession::ExecuteBinary(const std::string& sql) {
  constexpr int kBinary = 1;
  const Result result(PQexecParams(connection_.get(), sql.c_str(), 0, nullptr,
                                   nullptr, nullptr, nullptr, kBinary));
  if (!Succeeded(result)) {
    return absl::InternalError(
        absl::StrCat(PQerrorMessage(connection_.get()), sql));
  }
  return RowsOf(result);
}

absl::StatusOr<SqlRows> SqlSession::ExecuteWith(const std::string& sql,
                                                const SqlParameter& parameter) {
  const char* const value = parameter.bytes.data();
  const int length = static_cast<int>(parameter.bytes.size());
  const int format = static_cast<int>(parameter.format);
  const Result result(PQexecParams(connection_.get(), sql.c_str(), 1,
                                   &parameter.type_oid, &value, &length,
                                   &format, /*resultFormat=*/0));
  if (!Succeeded(result)) {
    return absl::InternalError(FieldOf(result, PG_DIAG_MESSAGE_PRIMARY));
  }
  return RowsOf(result);
}

std::optional<SqlFailure> SqlSession::FindFailure(const std::string& sql) {
  const Result result(PQexec(connection_.get(), sql.c_str()));
  if (Succeeded(result)) return std::nullopt;
  SqlFailure failure;
  failure.sqlstate = FieldOf(result, PG_DIAG_SQLSTATE);
  failure.message = FieldOf(result, PG_DIAG_MESSAGE_PRIMARY);
  failure.position =
      std::atoi(FieldOf(result, PG_DIAG_STATEMENT_POSITION).c_str());
  return failure;
}

std::string SqlSession::MakeVerifier(const std::string& user,
                                     const std::string& password) {
  char* const made = PQencryptPasswordConn(connection_.get(), password.c_str(),
                                           user.c_str(), "scram-sha-256");
  std::string verifier = made == nullptr ? "" : made;
  PQfreemem(made);
  return verifier;
}

}  // namespace sluice::testing

#include "server/provision/database_session.h"

#include <exception>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice::provision {
namespace {

constexpr int kOldestServerVersion = 140000;
// SQLSTATE lock_not_available: lock_timeout has passed.
constexpr char kLockNotAvailable[] = "55P03";

std::string WordsOf(const std::exception& error) {
  return std::string(absl::StripAsciiWhitespace(error.what()));
}

absl::Status ToStatus(const pqxx::sql_error& error) {
  if (error.sqlstate() == kLockNotAvailable) {
    return absl::AbortedError(absl::StrCat(
        "another session holds what has to be locked; nothing of this step "
        "was done, try again: ",
        WordsOf(error)));
  }
  return absl::InternalError(WordsOf(error));
}

}  // namespace

absl::StatusOr<DatabaseSession> DatabaseSession::Open(
    const std::string& conninfo) {
  std::unique_ptr<pqxx::connection> connection;
  try {
    connection = std::make_unique<pqxx::connection>(conninfo);
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrCat("cannot connect: ", WordsOf(error)));
  }
  const int version = connection->server_version();
  if (version < kOldestServerVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "PostgreSQL ", version / 10000, " is too old, 14 is the oldest"));
  }
  return DatabaseSession(std::move(connection));
}

absl::Status DatabaseSession::Run(
    const std::function<absl::Status(pqxx::work&)>& work) {
  try {
    pqxx::work transaction(*connection_);
    absl::Status status = work(transaction);
    if (status.ok()) transaction.commit();
    return status;
  } catch (const pqxx::insufficient_privilege& error) {
    return absl::PermissionDeniedError(WordsOf(error));
  } catch (const pqxx::sql_error& error) {
    return ToStatus(error);
  } catch (const pqxx::broken_connection& error) {
    return absl::UnavailableError(
        absl::StrCat("the connection was lost: ", WordsOf(error)));
  } catch (const pqxx::in_doubt_error& error) {
    return absl::UnavailableError(absl::StrCat(
        "the connection was lost while PostgreSQL committed, so this step is "
        "done or is not; run it again: ",
        WordsOf(error)));
  } catch (const std::exception& error) {
    return absl::InternalError(WordsOf(error));
  }
}

std::string DatabaseSession::QuoteName(const std::string& name) {
  return connection_->quote_name(name);
}

}  // namespace sluice::provision

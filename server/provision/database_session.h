// DatabaseSession: a blocking connection to one database, by libpqxx.

#ifndef SLUICE_SERVER_PROVISION_DATABASE_SESSION_H_
#define SLUICE_SERVER_PROVISION_DATABASE_SESSION_H_

#include <functional>
#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::provision {

class DatabaseSession {
 public:
  // `conninfo` as libpq takes it.
  // Errors: UNAVAILABLE with libpq's words; FAILED_PRECONDITION for a
  // PostgreSQL older than 14.
  static absl::StatusOr<DatabaseSession> Open(const std::string& conninfo);

  // Runs `work` in a transaction of its own, committed when it returns OK.
  // What libpqxx throws comes back as a Status.
  // Errors: those of `work`; PERMISSION_DENIED; ABORTED when another session
  // holds a lock for too long; UNAVAILABLE when the connection is lost;
  // INTERNAL for any other error of PostgreSQL. Each with its words.
  absl::Status Run(const std::function<absl::Status(pqxx::work&)>& work);

  // The name as an identifier, quoted.
  std::string QuoteName(const std::string& name);

 private:
  explicit DatabaseSession(std::unique_ptr<pqxx::connection> connection)
      : connection_(std::move(connection)) {}

  std::unique_ptr<pqxx::connection> connection_;
};

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_DATABASE_SESSION_H_

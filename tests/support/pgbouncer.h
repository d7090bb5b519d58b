// PgBouncer: a pgbouncer of the test's own, set as the local stack sets it.

#ifndef SLUICE_TESTS_SUPPORT_PGBOUNCER_H_
#define SLUICE_TESTS_SUPPORT_PGBOUNCER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/child_process.h"
#include "tests/support/settings.h"
#include "tests/support/sql_session.h"
#include "tests/support/temp_dir.h"
#include "tests/support/unix_user.h"

namespace sluice::testing {

// A further entry, and who it logs in as.
struct PgBouncerEntry {
  std::string name;
  std::string role;
  std::string role_password;
  // Empty and 0: those of the options.
  std::string database = "";
  uint16_t server_port = 0;
};

struct PgBouncerOptions {
  // Where PostgreSQL is: a name that only pgbouncer's own hosts file knows, for
  // 127.0.0.1, and against which the server's certificate is verified.
  std::string server_name;
  uint16_t server_port = 0;
  std::string ca_file;
  // The database, and the role that it logs in as.
  std::string database;
  std::string role;
  std::string role_password;
  std::vector<PgBouncerEntry> entries;
  // Has further entries; none when empty. It must exist.
  std::string include_file;
  // The gateway's user, with its SCRAM verifier.
  std::string user;
  std::string user_verifier;
  // Of the section [pgbouncer], over those of the local stack.
  Settings settings;
};

// Session mode, SCRAM, a Unix socket, verify-full to PostgreSQL.
class PgBouncer {
 public:
  static absl::StatusOr<std::unique_ptr<PgBouncer>> Start(
      const PgBouncerOptions& options);
  // Kills it.
  ~PgBouncer() = default;
  PgBouncer(const PgBouncer&) = delete;

  // Folder of its socket, and the number in the socket's name.
  const std::string& socket_folder() const { return folder_.path(); }
  uint16_t port() const { return kPort; }

  std::string ReadLog() const;

  // The rows of a command of its console, such as "SHOW CLIENTS".
  absl::StatusOr<SqlRows> Show(const std::string& command,
                               const std::string& user,
                               const std::string& password) const;

  // As a crash.
  void Kill();
  // Stops it where it is, and lets it go on.
  void Freeze() { process_->Signal(SIGSTOP); }
  void Wake() { process_->Signal(SIGCONT); }
  bool Running() { return process_ != nullptr && process_->Running(); }
  absl::Status StartAgain();

 private:
  static constexpr uint16_t kPort = 6432;

  PgBouncer(TempDir folder, UnixUser user)
      : folder_(std::move(folder)), user_(std::move(user)) {}

  absl::Status WriteFiles(const PgBouncerOptions& options);
  absl::Status PutFile(absl::string_view name, absl::string_view contents,
                       mode_t mode);

  const TempDir folder_;
  const UnixUser user_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_PGBOUNCER_H_

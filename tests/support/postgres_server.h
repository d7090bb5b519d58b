// PostgresServer: a PostgreSQL of the test's own, with TLS.

#ifndef SLUICE_TESTS_SUPPORT_POSTGRES_SERVER_H_
#define SLUICE_TESTS_SUPPORT_POSTGRES_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/support/child_process.h"
#include "tests/support/postgres_socket.h"
#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"
#include "tests/support/unix_user.h"

namespace sluice::testing {

struct PostgresOptions {
  // Files of the server's certificate and key.
  std::string certificate_file;
  std::string key_file;
  // Whether its system identifier is that of the program's other servers.
  enum class Identity { kShared, kOwn } identity = Identity::kShared;
  // Of postgresql.conf, over the defaults of tests.
  Settings settings;
};

// Listens on 127.0.0.1, TLS and SCRAM alone, and on a Unix socket, which only
// the test can reach and needs no password.
class PostgresServer : public PostgresSocket {
 public:
  // Makes a cluster and runs it. The first cluster of a program is copied for
  // the others.
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(
      const PostgresOptions& options);
  // A hot standby of this server, that streams from it, with its settings.
  absl::StatusOr<std::unique_ptr<PostgresServer>> StartReplica() const;
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;

  std::string ReadLog() const;

  // Ends all sessions and the server, as `pg_ctl stop -m fast` does.
  void Stop();
  // Kills the postmaster, as a crash does, and waits until its children have
  // noticed.
  void Kill();
  // Starts it again where it was, as what it was.
  absl::Status StartAgain();

  // Stops it where it is, sessions and all: TCP stays alive, nothing answers.
  void Freeze();
  void Wake();

  // Ends a standby's recovery; it takes writes when this returns.
  absl::Status Promote() const;
  // A standby follows that one from now on.
  absl::Status Follow(const PostgresServer& primary) const;
  // Starts it again as a hot standby of that one, with a copy of its data. It
  // has been stopped or killed.
  absl::Status StartAgainAsReplicaOf(const PostgresServer& primary);
  // What a standby receives is not replayed, and is again.
  absl::Status PauseReplay() const;
  absl::Status ResumeReplay() const;

 private:
  enum class Activity { kAwake, kFrozen };

  PostgresServer(TempDir folder, UnixUser user, uint16_t port,
                 Settings settings)
      : PostgresSocket(folder.path(), port),
        folder_(std::move(folder)),
        user_(std::move(user)),
        settings_(std::move(settings)) {}

  absl::Status MakeData(const PostgresOptions& options);
  absl::Status CopyDataOf(const PostgresServer& primary);
  absl::Status PutSettings();
  absl::Status PutFile(absl::string_view name, absl::string_view contents);

  const TempDir folder_;
  const UnixUser user_;
  // Of postgresql.conf, over the defaults of tests.
  const Settings settings_;
  std::unique_ptr<ChildProcess> process_;
  Activity activity_ = Activity::kAwake;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_POSTGRES_SERVER_H_

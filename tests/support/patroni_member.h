// PatroniMember: a Patroni with the PostgreSQL that it runs.

#ifndef SLUICE_TESTS_SUPPORT_PATRONI_MEMBER_H_
#define SLUICE_TESTS_SUPPORT_PATRONI_MEMBER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/support/child_process.h"
#include "tests/support/postgres_socket.h"
#include "tests/support/temp_dir.h"
#include "tests/support/unix_user.h"

namespace sluice::testing {

struct PatroniMemberOptions {
  // Of the cluster, the same for all of its members.
  std::string scope;
  std::string name;
  uint16_t etcd_port = 0;
  // Whether commits wait for a standby (`synchronous_mode`).
  enum class Commits {
    kSynchronous,
    kAsynchronous
  } commits = Commits::kSynchronous;
  // How long a leader is one without word of it.
  absl::Duration ttl;
  // Files of PostgreSQL's certificate and key.
  std::string certificate_file;
  std::string key_file;
};

// PostgreSQL listens on 127.0.0.1, TLS and SCRAM alone, and on the Unix socket.
class PatroniMember : public PostgresSocket {
 public:
  // Returns when Patroni runs; it makes or copies the data then.
  static absl::StatusOr<std::unique_ptr<PatroniMember>> Start(
      const PatroniMemberOptions& options);
  ~PatroniMember();
  PatroniMember(const PatroniMember&) = delete;

  // For patronictl.
  std::string config_file() const { return folder_.Path("patroni.yml"); }
  // Of both.
  std::string ReadLog() const;

  // Ends Patroni, PostgreSQL and all of its processes at once, as a machine
  // does that loses its power.
  void Kill();
  // Kills PostgreSQL alone, with all of its processes.
  void KillPostgres();
  absl::Status StartAgain();

  // Stops both where they are: TCP stays alive, nothing answers.
  void Freeze();
  void WakePostgres();
  void WakePatroni();

 private:
  PatroniMember(TempDir folder, UnixUser user, uint16_t first_port)
      : PostgresSocket(folder.path(), first_port),
        folder_(std::move(folder)),
        user_(std::move(user)) {}

  absl::Status WriteFiles(const PatroniMemberOptions& options);
  absl::Status PutFile(const std::string& name, const std::string& contents);
  std::optional<pid_t> FindPostmaster() const;

  const TempDir folder_;
  const UnixUser user_;
  std::unique_ptr<ChildProcess> patroni_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_PATRONI_MEMBER_H_

// GatewayProcess: sluiced as it is shipped, run by the test.

#ifndef SLUICE_TESTS_SUPPORT_GATEWAY_PROCESS_H_
#define SLUICE_TESTS_SUPPORT_GATEWAY_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/support/child_process.h"
#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

// An app that may do everything in its databases, under the role that is called
// as the database is.
struct GatewayApp {
  std::string name;
  std::string spiffe_id;
  std::vector<std::string> databases;
  bool admin = false;
};

// As a policy file.
std::string RenderPolicy(const std::vector<GatewayApp>& apps);

struct GatewayOptions {
  std::string certificate_file;
  std::string key_file;
  std::string client_ca_file;
  std::string trust_domain;
  std::vector<GatewayApp> apps;
  // The text of the policy file. Empty: RenderPolicy(apps).
  std::string policy;
  // Folder of the signing keys, one of them active.
  std::string signing_keys;
  // Folder of pgbouncer's socket.
  std::string backend_host;
  uint16_t backend_port = 0;
  std::string backend_user;
  std::string backend_password;
  std::vector<std::string> databases;
  // pgbouncer's entries by database, where they are not called the same.
  Settings entries;
  // Further settings of each database. On a cluster their entries have the
  // names that they have by default.
  Settings database_settings;
  // The section `clusters` of the configuration file, if there is to be one.
  std::string clusters;
  // Further ones with their path, such as "pool.max_connections".
  Settings settings;
};

class GatewayProcess {
 public:
  // Runs it and waits until it listens.
  static absl::StatusOr<std::unique_ptr<GatewayProcess>> Start(
      const GatewayOptions& options);
  // Stops it, and fails the test unless it exits with 0 or was killed.
  ~GatewayProcess();
  GatewayProcess(const GatewayProcess&) = delete;

  int port() const { return port_; }
  pid_t pid() const { return process_->pid(); }
  std::string ReadLog() const;
  // Puts another policy file in the place of the one that is there.
  absl::Status ReplacePolicy(const std::string& policy);
  // The most memory that it has had so far (VmHWM).
  int64_t PeakMemoryKib() const;

  // Asks for an orderly end, as an init system does.
  void Terminate() { process_->Signal(SIGTERM); }
  // Ends it as a crash would.
  void Kill();
  // Stops it where it is, and lets it go on.
  void Suspend() { process_->Signal(SIGSTOP); }
  void Resume() { process_->Signal(SIGCONT); }
  // The exit code, once it has ended within `limit`.
  std::optional<int> AwaitExit(absl::Duration limit) {
    return process_->AwaitExit(limit);
  }

 private:
  explicit GatewayProcess(TempDir folder) : folder_(std::move(folder)) {}

  absl::Status Run(const GatewayOptions& options);
  std::optional<int> FindPort() const;

  const TempDir folder_;
  std::unique_ptr<ChildProcess> process_;
  int port_ = 0;
  bool killed_ = false;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_GATEWAY_PROCESS_H_

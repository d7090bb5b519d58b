// sluice-pgbouncer-sync: pgbouncer's entries, from what the gateway proposes.

#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/proto_duration.h"
#include "server/pgbouncer_sync/options.h"
#include "server/pgbouncer_sync/sync.h"
#include "server/pgbouncer_sync/sync_config.h"
#include "server/telemetry/log.h"

namespace sluice::pgbouncer_sync {
namespace {

using telemetry::Log;
using telemetry::LogLevel;

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

int Fail(const absl::Status& status, int exit_code) {
  std::fprintf(stderr, "sluice-pgbouncer-sync: %s\n",
               std::string(status.message()).c_str());
  return exit_code;
}

absl::StatusOr<uid_t> FindGatewayUser(const std::string& name) {
  const passwd* const user = getpwnam(name.c_str());
  if (user == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("gateway_user: there is no user ", name));
  }
  if (user->pw_uid == geteuid()) {
    Log(LogLevel::kWarning, "gateway_runs_as_pgbouncers_user",
        {{"user", name},
         {"meaning", "nothing keeps the gateway from pgbouncer's files"}});
  }
  return user->pw_uid;
}

int RunForever(Sync& sync, absl::Duration interval) {
  Log(LogLevel::kInfo, "started", {{"version", SLUICE_VERSION}});
  sync.Start();
  while (true) {
    sync.Turn();
    absl::SleepFor(interval);
  }
}

int RunOnce(Sync& sync) {
  sync.Start();
  sync.Turn();
  return sync.all_taken() ? kExitOk : kExitFailed;
}

int Run(const Options& options) {
  if (geteuid() == 0) {
    return Fail(absl::FailedPreconditionError(
                    "runs as pgbouncer's user, never as root"),
                kExitFailed);
  }
  const absl::StatusOr<config::v1::PgbouncerSync> settings =
      LoadSyncConfig(options.config_file);
  if (!settings.ok()) return Fail(settings.status(), kExitFailed);
  const absl::StatusOr<uid_t> user = FindGatewayUser(settings->gateway_user());
  if (!user.ok()) return Fail(user.status(), kExitFailed);
  Sync sync(*settings, *user);
  switch (options.action) {
    case Options::Action::kOnce:
      return RunOnce(sync);
    case Options::Action::kCheck: {
      const absl::Status status = sync.Check();
      return status.ok() ? kExitOk : Fail(status, kExitFailed);
    }
    default:
      return RunForever(sync, FromProto(settings->interval()));
  }
}

int Main(const std::vector<std::string>& arguments) {
  const absl::StatusOr<Options> options = ParseOptions(arguments);
  if (!options.ok()) {
    const int exit_code = Fail(options.status(), kExitUsage);
    std::fputs("Try: sluice-pgbouncer-sync --help\n", stderr);
    return exit_code;
  }
  switch (options->action) {
    case Options::Action::kHelp:
      std::fputs(kUsage, stdout);
      return kExitOk;
    case Options::Action::kVersion:
      std::puts("sluice-pgbouncer-sync " SLUICE_VERSION);
      return kExitOk;
    default:
      return Run(*options);
  }
}

}  // namespace
}  // namespace sluice::pgbouncer_sync

int main(int argc, char** argv) {
  return sluice::pgbouncer_sync::Main({argv + 1, argv + argc});
}

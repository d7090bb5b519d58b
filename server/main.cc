// sluiced: flags, configuration, gateway, exit code.

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/config/config_loader.h"
#include "server/gateway/access_control.h"
#include "server/gateway/gateway.h"
#include "server/rpc/grpc_log.h"
#include "server/telemetry/log.h"

namespace {

using sluice::telemetry::Log;
using sluice::telemetry::LogLevel;

constexpr char kUsage[] =
    "Usage: sluiced --config FILE [--check]\n"
    "\n"
    "  --config FILE  the configuration (docs/configuration.md)\n"
    "  --check        say whether it, its policy and its signing keys are\n"
    "                 valid, and exit\n"
    "  --version      print the version\n"
    "\n"
    "SIGTERM and SIGINT stop it: calls in progress get 10 seconds to end.\n";
constexpr absl::Duration kStopGrace = absl::Seconds(10);

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

struct Flags {
  std::string config;
  bool check = false;
};

// Blocks the signals that stop the server, in this and all later threads.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// A core would hold passwords.
void ForbidCoreDumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

// Beyond RLIMIT_FSIZE a file of the audit log is as good as full: write(2)
// says so.
void IgnoreFileSizeSignal() { std::signal(SIGXFSZ, SIG_IGN); }

void LogFailure(const char* event, const absl::Status& status) {
  for (absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    Log(LogLevel::kError, event, {{"error", line}});
  }
}

int Serve(const sluice::config::v1::Config& config) {
  const sigset_t signals = BlockStopSignals();
  absl::StatusOr<std::unique_ptr<sluice::gateway::Gateway>> gateway =
      sluice::gateway::Gateway::Start(config);
  if (!gateway.ok()) {
    LogFailure("start_failed", gateway.status());
    return kExitFailed;
  }
  Log(LogLevel::kInfo, "listening",
      {{"address",
        absl::StrCat(config.listener().address(), ":", (*gateway)->port())}});
  int signal = 0;
  sigwait(&signals, &signal);
  Log(LogLevel::kInfo, "stopping", {{"signal", strsignal(signal)}});
  (*gateway)->Stop(kStopGrace);
  Log(LogLevel::kInfo, "stopped");
  return kExitOk;
}

int Check(const sluice::config::v1::Config& config) {
  const absl::Status status = sluice::gateway::AccessControl::Check(config);
  if (!status.ok()) {
    LogFailure("configuration_refused", status);
    return kExitFailed;
  }
  std::puts("the configuration, the policy and the signing keys are valid");
  return kExitOk;
}

int Run(const Flags& flags) {
  absl::StatusOr<sluice::config::v1::Config> config =
      sluice::config::LoadConfig(flags.config);
  if (!config.ok()) {
    LogFailure("configuration_refused", config.status());
    return kExitFailed;
  }
  return flags.check ? Check(*config) : Serve(*config);
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const absl::string_view argument = argv[i];
    if (argument == "--help") {
      std::fputs(kUsage, stdout);
      return kExitOk;
    }
    if (argument == "--version") {
      std::puts("sluiced " SLUICE_VERSION);
      return kExitOk;
    }
    if (argument == "--check") {
      flags.check = true;
    } else if (argument == "--config" && i + 1 < argc) {
      flags.config = argv[++i];
    } else {
      std::fputs(kUsage, stderr);
      return kExitUsage;
    }
  }
  if (flags.config.empty()) {
    std::fputs(kUsage, stderr);
    return kExitUsage;
  }
  ForbidCoreDumps();
  IgnoreFileSizeSignal();
  // Debian's Abseil looks for deadlocks at every lock: a twentieth of the CPU.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  sluice::rpc::RouteGrpcLog();
  return Run(flags);
}

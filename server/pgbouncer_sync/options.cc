#include "server/pgbouncer_sync/options.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice::pgbouncer_sync {

const char kUsage[] =
    "Usage: sluice-pgbouncer-sync --config FILE [--once | --check]\n"
    "\n"
    "Makes pgbouncer's entries of the nodes that the gateway proposes, as far\n"
    "as FILE allows them. Runs as pgbouncer's user, until it is ended.\n"
    "\n"
    "  --config FILE  the settings (docs/pgbouncer-sync.md)\n"
    "  --once         look once, then end. Makes the files that pgbouncer\n"
    "                 includes where there are none\n"
    "  --check        judge settings and proposals, change nothing\n"
    "  --version      print the version\n"
    "\n"
    "Exit codes: 0 all proposals taken; 1 one was refused, or failed; 2 a "
    "wrong\n"
    "command line.\n"
    "\n"
    "More: docs/pgbouncer.md\n";

namespace {

absl::Status Choose(Options::Action action, Options& options) {
  if (options.action != Options::Action::kRun && options.action != action) {
    return absl::InvalidArgumentError("either --once or --check");
  }
  options.action = action;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Options> ParseOptions(
    const std::vector<std::string>& arguments) {
  using Action = Options::Action;
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    absl::Status status;
    if (argument == "--help" || argument == "-h") {
      return Options{Action::kHelp, ""};
    }
    if (argument == "--version") return Options{Action::kVersion, ""};
    if (argument == "--once") {
      status = Choose(Action::kOnce, options);
    } else if (argument == "--check") {
      status = Choose(Action::kCheck, options);
    } else if (argument == "--config" && i + 1 < arguments.size()) {
      options.config_file = arguments[++i];
    } else {
      status = absl::InvalidArgumentError(
          argument == "--config" ? "--config needs a value"
                                 : absl::StrCat("there is no ", argument));
    }
    if (!status.ok()) return status;
  }
  if (!options.config_file.empty()) return options;
  return absl::InvalidArgumentError("--config is needed");
}

}  // namespace sluice::pgbouncer_sync

// The command line of sluice-pgbouncer-sync.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_OPTIONS_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::pgbouncer_sync {

extern const char kUsage[];

struct Options {
  enum class Action { kRun, kOnce, kCheck, kHelp, kVersion };
  Action action = Action::kRun;
  std::string config_file;
};

// `arguments` without the program's name.
// Errors: INVALID_ARGUMENT.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_OPTIONS_H_

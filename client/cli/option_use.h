// Which options go with which command.

#ifndef SLUICE_CLIENT_CLI_OPTION_USE_H_
#define SLUICE_CLIENT_CLI_OPTION_USE_H_

#include "absl/status/status.h"
#include "client/cli/options.h"

namespace sluice::cli {

// Refuses options that the command has no use for.
// Errors: INVALID_ARGUMENT with a sentence for the user.
absl::Status CheckUse(const Options& options);

// Whether the command names a database in its calls.
bool NeedsDatabase(Command command);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_OPTION_USE_H_

// The commands about tokens and about an instance of the gateway.

#ifndef SLUICE_CLIENT_CLI_SERVICE_CALL_H_
#define SLUICE_CLIENT_CLI_SERVICE_CALL_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/options.h"

namespace sluice::cli {

// Whether CallService carries out the command.
bool IsServiceCommand(Command command);

// Makes the call that the command of `options` is for. What comes back is as it
// is to be printed.
absl::StatusOr<std::string> CallService(const Options& options);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SERVICE_CALL_H_

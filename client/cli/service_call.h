// The commands about tokens and about an instance of the gateway.

#ifndef SLUICE_CLIENT_CLI_SERVICE_CALL_H_
#define SLUICE_CLIENT_CLI_SERVICE_CALL_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "client/cli/instance_report.h"
#include "client/cli/options.h"

namespace sluice::cli {

// Whether CallService carries out the command.
bool IsServiceCommand(Command command);

// Makes the call that the command of `options` is for: of each instance, where
// it is about instances.
ServiceReport CallService(const Options& options);

// Calls again each second and gives what came back to `show`, until that
// returns false. Of kTopology.
// Errors: those of OpenChannel.
absl::Status WatchService(const Options& options,
                          absl::FunctionRef<bool(const ServiceReport&)> show);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SERVICE_CALL_H_

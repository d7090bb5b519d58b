// The calls that ask and run nothing: Describe and GetCapabilities.

#ifndef SLUICE_CLIENT_CLI_INQUIRY_CALL_H_
#define SLUICE_CLIENT_CLI_INQUIRY_CALL_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "sluice/client/client.h"

namespace sluice::cli {

// Asks what the command of `options`, kDescribe or kCapabilities, is about.
// What comes back is as it is to be printed.
absl::StatusOr<std::string> Inquire(const client::Client& client,
                                    const Options& options);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_INQUIRY_CALL_H_

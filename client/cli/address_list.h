// The instances of the gateway that a command line names.

#ifndef SLUICE_CLIENT_CLI_ADDRESS_LIST_H_
#define SLUICE_CLIENT_CLI_ADDRESS_LIST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::cli {

// Splits "HOST:PORT,HOST:PORT" at its commas. In gRPC's lists of IP addresses
// ("ipv4:10.0.0.1:7430,10.0.0.2:7430") each is one too.
// Errors: INVALID_ARGUMENT for an empty one, or one that is there twice.
absl::StatusOr<std::vector<std::string>> SplitAddresses(absl::string_view text);

// What an SQL command connects to, which asks one instance: the first of plain
// addresses; a list of gRPC's as it is, of which gRPC takes one that answers.
std::string OneTarget(absl::string_view text);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_ADDRESS_LIST_H_

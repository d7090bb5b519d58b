// What `sluice --help` prints.

#ifndef SLUICE_CLIENT_CLI_HELP_H_
#define SLUICE_CLIENT_CLI_HELP_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// Help on a command, or on all where `topic` is empty.
std::string HelpText(absl::string_view topic);

// "sluice" and its version.
std::string VersionText();

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_HELP_H_

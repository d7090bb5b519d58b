// LoadConfig: from the file of the settings to what is in force.

#ifndef SLUICE_SERVER_CONFIG_CONFIG_LOADER_H_
#define SLUICE_SERVER_CONFIG_CONFIG_LOADER_H_

#include <string>

#include "absl/status/statusor.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

// Reads, completes and validates a configuration. In the result every field
// holds the value that is in force, and paths of files no longer depend on the
// working directory. Reads files: for the start, not for a loop's thread.
//
// Errors: NOT_FOUND or PERMISSION_DENIED if the file can't be read;
// INVALID_ARGUMENT with every fault, one to a line, such as
// "databases[1].name: required (line 12)".
absl::StatusOr<v1::Config> LoadConfig(const std::string& file);

// Reads and completes one, and judges nothing but its YAML: for programs that
// need a part of it, where the files that it names may not be.
// Errors: as LoadConfig.
absl::StatusOr<v1::Config> ReadConfig(const std::string& file);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CONFIG_LOADER_H_

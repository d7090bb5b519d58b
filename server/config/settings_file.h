// ReadSettingsFile: the text of a file of settings.

#ifndef SLUICE_SERVER_CONFIG_SETTINGS_FILE_H_
#define SLUICE_SERVER_CONFIG_SETTINGS_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::config {

inline constexpr size_t kMaxSettingsBytes = 1024 * 1024;

// Errors: NOT_FOUND, PERMISSION_DENIED and others of the file system;
// INVALID_ARGUMENT for more than kMaxSettingsBytes.
absl::StatusOr<std::string> ReadSettingsFile(const std::string& file);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_SETTINGS_FILE_H_

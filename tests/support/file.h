// Whole files, read and written at once.

#ifndef SLUICE_TESTS_SUPPORT_FILE_H_
#define SLUICE_TESTS_SUPPORT_FILE_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice::testing {

// What the file holds; empty when there is none.
std::string ReadFile(const std::string& path);

// Makes or replaces a file that has exactly this mode from the start.
absl::Status WriteFile(const std::string& path, absl::string_view contents,
                       mode_t mode);

// The same, in one step: who reads it finds the old contents or the new ones.
// Makes `path` with ".next" behind it on the way.
absl::Status ReplaceFile(const std::string& path, absl::string_view contents,
                         mode_t mode);

// Makes a folder that has exactly this mode.
absl::Status MakeFolder(const std::string& path, mode_t mode);

// The last `lines` lines of a log.
std::string TailOf(const std::string& path, int lines = 30);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_FILE_H_

// Where the programs and scripts under test are; set by CMake.

#ifndef SLUICE_TESTS_SUPPORT_TEST_PATHS_H_
#define SLUICE_TESTS_SUPPORT_TEST_PATHS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::testing {

// A file of the source tree, such as "deploy/local/up".
std::string SourcePath(absl::string_view path);

// A file of the build folder, such as "server/sluiced".
std::string BuildPath(absl::string_view path);

// A program of the newest PostgreSQL that is installed, such as "initdb".
std::string PostgresProgram(absl::string_view name);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_TEST_PATHS_H_

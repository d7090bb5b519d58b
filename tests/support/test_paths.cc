#include "tests/support/test_paths.h"

#include <glob.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace sluice::testing {
namespace {

// ".../15/bin" -> 15.
int VersionOf(absl::string_view path) {
  constexpr absl::string_view kFront = "/usr/lib/postgresql/";
  return std::atoi(std::string(path.substr(kFront.size())).c_str());
}

std::string FindPostgresFolder() {
  glob_t found;
  std::string newest;
  if (glob("/usr/lib/postgresql/*/bin", 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      const std::string path = found.gl_pathv[i];
      if (newest.empty() || VersionOf(path) > VersionOf(newest)) newest = path;
    }
  }
  globfree(&found);
  return newest;
}

}  // namespace

std::string SourcePath(absl::string_view path) {
  return absl::StrCat(SLUICE_SOURCE_FOLDER "/", path);
}

std::string BuildPath(absl::string_view path) {
  return absl::StrCat(SLUICE_BUILD_FOLDER "/", path);
}

std::string PostgresProgram(absl::string_view name) {
  static const std::string& folder = *new std::string(FindPostgresFolder());
  return absl::StrCat(folder, "/", name);
}

}  // namespace sluice::testing

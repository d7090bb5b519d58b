#include "tests/support/temp_dir.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice::testing {

absl::StatusOr<TempDir> TempDir::Make() {
  std::string path = "/tmp/sluice-test-XXXXXX";
  if (mkdtemp(path.data()) == nullptr || chmod(path.c_str(), 0711) != 0) {
    return absl::InternalError(
        absl::StrCat("no folder ", path, ": ", std::strerror(errno)));
  }
  return TempDir(std::move(path));
}

TempDir::TempDir(TempDir&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TempDir::~TempDir() {
  if (path_.empty() || std::getenv("SLUICE_KEEP_TEMP") != nullptr) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::Path(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

}  // namespace sluice::testing

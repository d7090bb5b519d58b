// TempDir: a folder of the test's own, removed at its end.

#ifndef SLUICE_TESTS_SUPPORT_TEMP_DIR_H_
#define SLUICE_TESTS_SUPPORT_TEMP_DIR_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::testing {

// Under /tmp, since the path of a Unix socket has at most 107 bytes. Other
// users may enter it and not list it. With SLUICE_KEEP_TEMP set in the
// environment it stays.
class TempDir {
 public:
  static absl::StatusOr<TempDir> Make();
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;
  ~TempDir();

  const std::string& path() const { return path_; }
  std::string Path(absl::string_view name) const;

 private:
  explicit TempDir(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_TEMP_DIR_H_

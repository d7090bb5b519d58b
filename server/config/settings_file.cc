#include "server/config/settings_file.h"

#include <cerrno>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sluice::config {

absl::StatusOr<std::string> ReadSettingsFile(const std::string& file) {
  errno = 0;
  std::ifstream input(file, std::ios::binary);
  std::string text(kMaxSettingsBytes + 1, '\0');
  if (input.is_open()) {
    input.read(text.data(), static_cast<std::streamsize>(text.size()));
  }
  // The end of the file is no fault.
  if (!input.is_open() || input.bad() || (!input.eof() && input.fail())) {
    return absl::ErrnoToStatus(errno == 0 ? EIO : errno,
                               absl::StrCat("can't read ", file));
  }
  text.resize(static_cast<size_t>(input.gcount()));
  if (text.size() > kMaxSettingsBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, " has more than ", kMaxSettingsBytes, " bytes"));
  }
  return text;
}

}  // namespace sluice::config

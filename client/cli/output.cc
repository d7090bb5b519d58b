#include "client/cli/output.h"

#include <unistd.h>

#include <cerrno>

namespace sluice::cli {

void FileOutput::Write(absl::string_view text) {
  while (!text.empty() && is_open()) {
    const ssize_t written = write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      state_ = State::kClosedByReader;
    } else if (errno != EINTR) {
      state_ = State::kFailed;
    }
  }
}

}  // namespace sluice::cli

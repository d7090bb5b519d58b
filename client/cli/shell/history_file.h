// The lines of earlier sessions.

#ifndef SLUICE_CLIENT_CLI_SHELL_HISTORY_FILE_H_
#define SLUICE_CLIENT_CLI_SHELL_HISTORY_FILE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// A file with a statement per line, oldest first. Several sessions may add to
// it at once. Faults of the file are no reason to stop: what can't be read or
// written is left out.
class HistoryFile {
 public:
  // $XDG_STATE_HOME/sluice/history, else ~/.local/state/sluice/history; empty
  // where neither variable is set.
  static std::string DefaultPath();

  // An empty path: no file. A file that grew far beyond `kKeptLines` is cut to
  // that.
  explicit HistoryFile(std::string path);

  static constexpr size_t kKeptLines = 10'000;

  // The lines at the time of the opening.
  const std::vector<std::string>& lines() const { return lines_; }

  // Adds lines; the file is made with mode 0600.
  void Append(const std::vector<std::string>& lines);

 private:
  void Shorten();

  const std::string path_;
  std::vector<std::string> lines_;
};

// A statement as lines to recall: as one where that means the same, else as
// it was typed.
std::vector<std::string> MakeHistoryLines(absl::string_view statement);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_HISTORY_FILE_H_

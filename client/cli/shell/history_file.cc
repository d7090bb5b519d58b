#include "client/cli/shell/history_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/output.h"
#include "client/cli/sql_token.h"

namespace sluice::cli {
namespace {

void WriteLines(const std::string& path, int flags,
                const std::vector<std::string>& lines) {
  const int descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (descriptor < 0) return;
  FileOutput(descriptor).Write(absl::StrCat(absl::StrJoin(lines, "\n"), "\n"));
  close(descriptor);
}

}  // namespace

std::string HistoryFile::DefaultPath() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') {
    return absl::StrCat(state, "/sluice/history");
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] == '\0') return "";
  return absl::StrCat(home, "/.local/state/sluice/history");
}

HistoryFile::HistoryFile(std::string path) : path_(std::move(path)) {
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) lines_.push_back(line);
  if (lines_.size() > 2 * kKeptLines) Shorten();
}

void HistoryFile::Shorten() {
  lines_.erase(lines_.begin(),
               lines_.end() - static_cast<std::ptrdiff_t>(kKeptLines));
  const std::string fresh = absl::StrCat(path_, ".", getpid());
  WriteLines(fresh, O_TRUNC, lines_);
  std::error_code ignored;
  std::filesystem::rename(fresh, path_, ignored);
}

void HistoryFile::Append(const std::vector<std::string>& lines) {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(
      std::filesystem::path(path_).parent_path(), ignored);
  WriteLines(path_, O_APPEND, lines);
}

std::vector<std::string> MakeHistoryLines(absl::string_view statement) {
  std::string joined;
  StringRule rule = StringRule::kPlain;
  for (absl::string_view rest = statement; !rest.empty();) {
    const SqlToken token = TakeSqlToken(rest, rule);
    rest.remove_prefix(token.text.size());
    const bool has_newline = absl::StrContains(token.text, "\n");
    const bool must_keep_lines =
        token.kind == SqlTokenKind::kLineComment ||
        (has_newline && token.kind != SqlTokenKind::kBlank);
    if (must_keep_lines) return absl::StrSplit(statement, '\n');
    absl::StrAppend(&joined, has_newline ? " " : token.text);
  }
  return {joined};
}

}  // namespace sluice::cli

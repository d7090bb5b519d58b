#include "client/cli/script_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice::cli {
namespace {

constexpr size_t kBlockBytes = 64 << 10;

absl::Status FileError(absl::string_view what, const std::string& name) {
  return absl::FailedPreconditionError(
      absl::StrCat(what, " ", name, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<ScriptReader> ScriptReader::Open(
    const std::string& path, StatementSplitter::Backslash backslash) {
  if (path == "-") return ScriptReader(STDIN_FILENO, "<stdin>", backslash);
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return FileError("can't open", path);
  return ScriptReader(descriptor, path, backslash);
}

ScriptReader::ScriptReader(ScriptReader&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      splitter_(std::move(other.splitter_)),
      unfinished_line_(std::move(other.unfinished_line_)),
      is_at_end_(other.is_at_end_) {}

ScriptReader::~ScriptReader() {
  if (descriptor_ > STDIN_FILENO) close(descriptor_);
}

absl::StatusOr<absl::optional<ScriptItem>> ScriptReader::Next() {
  for (;;) {
    absl::optional<ScriptItem> item = splitter_.Next();
    if (item.has_value()) return item;
    if (is_at_end_) return splitter_.TakeRest();
    absl::Status status = ReadMore();
    if (!status.ok()) return status;
  }
}

absl::Status ScriptReader::ReadMore() {
  std::vector<char> block(kBlockBytes);
  ssize_t length = 0;
  do {
    length = read(descriptor_, block.data(), block.size());
  } while (length < 0 && errno == EINTR);
  if (length < 0) return FileError("can't read", name_);
  const absl::string_view text(block.data(), static_cast<size_t>(length));
  is_at_end_ = text.empty();
  const size_t newline = text.rfind('\n');
  if (newline == absl::string_view::npos && !is_at_end_) {
    absl::StrAppend(&unfinished_line_, text);
    return absl::OkStatus();
  }
  const size_t end = is_at_end_ ? 0 : newline + 1;
  absl::StrAppend(&unfinished_line_, text.substr(0, end));
  splitter_.Add(unfinished_line_);
  unfinished_line_ = std::string(text.substr(end));
  return absl::OkStatus();
}

}  // namespace sluice::cli

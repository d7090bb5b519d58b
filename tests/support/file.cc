#include "tests/support/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace sluice::testing {
namespace {

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::InternalError(
      absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::Status WriteFile(const std::string& path, absl::string_view contents,
                       mode_t mode) {
  unlink(path.c_str());
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return Failed("create", path);
  const ssize_t written = write(file, contents.data(), contents.size());
  const bool done = written == static_cast<ssize_t>(contents.size()) &&
                    fchmod(file, mode) == 0;
  close(file);
  return done ? absl::OkStatus() : Failed("write", path);
}

absl::Status ReplaceFile(const std::string& path, absl::string_view contents,
                         mode_t mode) {
  const std::string next = path + ".next";
  const absl::Status written = WriteFile(next, contents, mode);
  if (!written.ok()) return written;
  return rename(next.c_str(), path.c_str()) == 0 ? absl::OkStatus()
                                                 : Failed("replace", path);
}

absl::Status MakeFolder(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), 0700) != 0 || chmod(path.c_str(), mode) != 0) {
    return Failed("mkdir", path);
  }
  return absl::OkStatus();
}

std::string TailOf(const std::string& path, int lines) {
  std::string text = ReadFile(path);
  size_t start = text.size();
  while (start > 0 && lines >= 0) {
    start = text.rfind('\n', start - 1);
    if (start == std::string::npos) return text;
    --lines;
  }
  return text.substr(start + (start < text.size() ? 1 : 0));
}

}  // namespace sluice::testing

#include "server/pgbouncer/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice::pgbouncer {
namespace {

absl::Status FileError(absl::string_view action, absl::string_view path,
                       int error) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", action, " ", path, ": ", std::strerror(error)));
}

// 0, or the system's error.
int WriteAll(int fd, absl::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) contents.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int Fill(int fd, absl::string_view contents, mode_t mode,
         Durability durability) {
  if (fchmod(fd, mode) != 0) return errno;
  const int error = WriteAll(fd, contents);
  if (error != 0) return error;
  return durability == Durability::kHost && fsync(fd) != 0 ? errno : 0;
}

absl::Status SyncFolder(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const int fd = open(folder.empty() ? "." : folder.c_str(),
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FileError("open", folder, errno);
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return error == 0 ? absl::OkStatus() : FileError("sync", folder, error);
}

}  // namespace

absl::Status ReplaceFile(const std::string& path, absl::string_view contents,
                         mode_t mode, Durability durability) {
  const std::string fresh = absl::StrCat(path, ".new");
  if (unlink(fresh.c_str()) != 0 && errno != ENOENT) {
    return FileError("remove", fresh, errno);
  }
  const int fd =
      open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
           S_IRUSR | S_IWUSR);
  if (fd < 0) return FileError("make", fresh, errno);
  const int error = Fill(fd, contents, mode, durability);
  close(fd);
  if (error != 0) {
    unlink(fresh.c_str());
    return FileError("write", fresh, error);
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    return FileError("replace", path, errno);
  }
  return durability == Durability::kHost ? SyncFolder(path) : absl::OkStatus();
}

}  // namespace sluice::pgbouncer

#include "server/telemetry/audit_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "server/telemetry/audit_folder.h"

namespace sluice::telemetry {
namespace {

constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW;

}  // namespace

absl::StatusOr<std::shared_ptr<AuditFile>> AuditFile::Create(std::string path) {
  const int fd = open(path.c_str(), kFlags | O_CREAT | O_EXCL, 0600);
  if (fd < 0) return FileError("cannot make", path, errno);
  return std::shared_ptr<AuditFile>(new AuditFile(std::move(path), fd, 0));
}

absl::StatusOr<std::shared_ptr<AuditFile>> AuditFile::Open(std::string path) {
  const int fd = open(path.c_str(), kFlags);
  if (fd < 0) return FileError("cannot open", path, errno);
  struct stat status;
  const int64_t size = fstat(fd, &status) == 0 ? status.st_size : -1;
  auto file =
      std::shared_ptr<AuditFile>(new AuditFile(std::move(path), fd, size));
  if (size < 0) return FileError("cannot read", file->path(), errno);
  return file;
}

AuditFile::~AuditFile() { close(fd_); }

absl::Status AuditFile::Append(absl::string_view line) {
  if (has_part_) {
    absl::Status taken = TakeBack();
    if (!taken.ok()) return taken;
  }
  absl::Status untouched = CheckUntouched();
  if (!untouched.ok()) return untouched;
  ssize_t written;
  do {
    written = write(fd_, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size())) {
    size_bytes_ += written;
    return absl::OkStatus();
  }
  // A short write is a disk that has just become full.
  absl::Status failed =
      FileError("cannot write", path_, written < 0 ? errno : ENOSPC);
  has_part_ = written > 0;
  if (has_part_) TakeBack().IgnoreError();
  return failed;
}

absl::Status AuditFile::CheckUntouched() const {
  struct stat status;
  if (fstat(fd_, &status) != 0) return FileError("cannot read", path_, errno);
  if (status.st_nlink == 0) {
    return absl::AbortedError(absl::StrCat(path_, " was removed"));
  }
  if (status.st_size != size_bytes_) {
    return absl::AbortedError(absl::StrCat(path_, " was changed"));
  }
  return absl::OkStatus();
}

absl::Status AuditFile::TakeBack() {
  if (ftruncate(fd_, size_bytes_) != 0) {
    return FileError("cannot truncate", path_, errno);
  }
  has_part_ = false;
  return absl::OkStatus();
}

bool AuditFile::IsInPlace() const {
  struct stat there;
  struct stat here;
  return stat(path_.c_str(), &there) == 0 && fstat(fd_, &here) == 0 &&
         there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

absl::Status AuditFile::Sync() const {
  return fdatasync(fd_) == 0 ? absl::OkStatus()
                             : FileError("cannot sync", path_, errno);
}

}  // namespace sluice::telemetry

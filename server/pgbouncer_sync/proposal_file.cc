#include "server/pgbouncer_sync/proposal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "server/pgbouncer/proposal.h"

namespace sluice::pgbouncer_sync {
namespace {

absl::Status Refuse(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", why));
}

absl::Status OpenError(const std::string& path, int error) {
  if (error == ENOENT) {
    return absl::NotFoundError(absl::StrCat(path, " is not there"));
  }
  if (error == ELOOP) return Refuse(path, "is a symbolic link");
  return absl::UnavailableError(
      absl::StrCat("cannot open ", path, ": ", std::strerror(error)));
}

absl::Status Judge(const std::string& path, int fd, uid_t owner) {
  struct stat status;
  if (fstat(fd, &status) != 0) return OpenError(path, errno);
  if (!S_ISREG(status.st_mode)) return Refuse(path, "is no regular file");
  if (status.st_uid != owner) return Refuse(path, "is another user's");
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadBounded(const std::string& path, int fd) {
  std::string text(pgbouncer::kMaxProposalBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = read(fd, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return OpenError(path, errno);
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  if (size > pgbouncer::kMaxProposalBytes) {
    return Refuse(path, absl::StrCat("has more than ",
                                     pgbouncer::kMaxProposalBytes, " bytes"));
  }
  text.resize(size);
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadProposalFile(const std::string& path,
                                             uid_t owner) {
  const int fd = open(
      path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return OpenError(path, errno);
  const absl::Status judged = Judge(path, fd, owner);
  absl::StatusOr<std::string> text =
      judged.ok() ? ReadBounded(path, fd) : absl::StatusOr<std::string>(judged);
  close(fd);
  return text;
}

}  // namespace sluice::pgbouncer_sync

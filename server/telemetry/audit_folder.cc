#include "server/telemetry/audit_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace sluice::telemetry {
namespace {

constexpr absl::string_view kPrefix = "audit-";
constexpr absl::string_view kSuffix = ".jsonl";
constexpr size_t kSeqDigits = 16;

}  // namespace

absl::Status FileError(absl::string_view action, absl::string_view path,
                       int error) {
  return absl::UnavailableError(
      absl::StrCat(action, " ", path, ": ", std::strerror(error)));
}

std::string AuditFileName(uint64_t first_seq, absl::Time time) {
  return absl::StrFormat(
      "%s%0*d-%s%s", kPrefix, static_cast<int>(kSeqDigits), first_seq,
      absl::FormatTime("%Y%m%dT%H%M%SZ", time, absl::UTCTimeZone()), kSuffix);
}

absl::optional<uint64_t> FirstSeqOf(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, kPrefix) ||
      !absl::ConsumeSuffix(&name, kSuffix)) {
    return absl::nullopt;
  }
  uint64_t seq = 0;
  const bool valid = name.size() > kSeqDigits && name[kSeqDigits] == '-' &&
                     absl::SimpleAtoi(name.substr(0, kSeqDigits), &seq);
  return valid ? absl::make_optional(seq) : absl::nullopt;
}

absl::StatusOr<std::vector<std::string>> ListAuditFiles(
    const std::string& folder) {
  DIR* const entries = opendir(folder.c_str());
  if (entries == nullptr) return FileError("cannot read", folder, errno);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(entries)) {
    if (FirstSeqOf(entry->d_name).has_value())
      names.emplace_back(entry->d_name);
  }
  closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<FolderLock> FolderLock::Take(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return FileError("cannot make", folder, errno);
  }
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FileError("cannot open", folder, errno);
  FolderLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK
               ? absl::UnavailableError(absl::StrCat(
                     folder, " is the audit log of another process"))
               : FileError("cannot lock", folder, errno);
  }
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace sluice::telemetry

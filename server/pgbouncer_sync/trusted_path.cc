#include "server/pgbouncer_sync/trusted_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace sluice::pgbouncer_sync {
namespace {

absl::Status Distrust(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
}

enum class Absence { kFault, kAllowed };

absl::Status CheckOne(const std::string& path, Absence absence) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT && absence == Absence::kAllowed) {
      return absl::OkStatus();
    }
    return Distrust(path, std::strerror(errno));
  }
  if (S_ISLNK(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a symbolic link: name what it stands for"));
  }
  if (status.st_uid != 0 && status.st_uid != geteuid()) {
    return Distrust(path, "its owner is neither root nor this user");
  }
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) {
    return Distrust(path, "others than its owner can write it (chmod go-w)");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTrustedPath(const std::string& path) {
  if (!absl::StartsWith(path, "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", path, "\" is no absolute path"));
  }
  absl::Status status = CheckOne("/", Absence::kFault);
  std::string walked;
  for (const absl::string_view step : absl::StrSplit(path.substr(1), '/')) {
    if (!status.ok()) return status;
    if (step.empty() || step == "." || step == "..") {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", path, "\" has an empty step, \".\" or \"..\""));
    }
    absl::StrAppend(&walked, "/", step);
    status =
        CheckOne(walked, walked == path ? Absence::kAllowed : Absence::kFault);
  }
  return status;
}

}  // namespace sluice::pgbouncer_sync

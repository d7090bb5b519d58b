#include "server/pgbouncer_sync/trusted_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace sluice::pgbouncer_sync {
namespace {

absl::Status Distrust(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
}

enum class Step { kUpperFolder, kOwnFolder, kFile };

absl::Status CheckOne(const std::string& path, Step step) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT && step == Step::kFile) return absl::OkStatus();
    return Distrust(path, std::strerror(errno));
  }
  if (S_ISLNK(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a symbolic link: name what it stands for"));
  }
  if (status.st_uid != 0 && status.st_uid != geteuid()) {
    return Distrust(path, "its owner is neither root nor this user");
  }
  // What is in a sticky folder nobody else renames; anybody makes what is not
  // there.
  const bool kept =
      step == Step::kUpperFolder && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !kept) {
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
  const std::vector<std::string> steps = absl::StrSplit(path.substr(1), '/');
  const auto kind = [&steps](size_t walked) {
    if (walked == steps.size()) return Step::kFile;
    return walked + 1 == steps.size() ? Step::kOwnFolder : Step::kUpperFolder;
  };
  absl::Status status = CheckOne("/", kind(0));
  std::string walked;
  for (size_t i = 0; i < steps.size() && status.ok(); ++i) {
    if (steps[i].empty() || steps[i] == "." || steps[i] == "..") {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", path, "\" has an empty step, \".\" or \"..\""));
    }
    absl::StrAppend(&walked, "/", steps[i]);
    status = CheckOne(walked, kind(i + 1));
  }
  return status;
}

}  // namespace sluice::pgbouncer_sync

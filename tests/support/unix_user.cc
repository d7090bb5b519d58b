#include "tests/support/unix_user.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice::testing {
namespace {

absl::StatusOr<UnixUser> MakeUser(const passwd* entry,
                                  const std::string& name) {
  if (entry == nullptr) {
    return absl::NotFoundError(absl::StrCat("no unix user ", name));
  }
  UnixUser user;
  user.name = entry->pw_name;
  user.uid = entry->pw_uid;
  user.gid = entry->pw_gid;
  int count = 0;
  getgrouplist(entry->pw_name, entry->pw_gid, nullptr, &count);
  user.groups.resize(static_cast<size_t>(count));
  getgrouplist(entry->pw_name, entry->pw_gid, user.groups.data(), &count);
  return user;
}

}  // namespace

absl::StatusOr<UnixUser> FindUser(const std::string& name) {
  return MakeUser(getpwnam(name.c_str()), name);
}

absl::StatusOr<UnixUser> FindServerUser() {
  if (geteuid() == 0) return FindUser("postgres");
  return MakeUser(getpwuid(geteuid()), absl::StrCat("number ", geteuid()));
}

absl::Status GiveTo(const UnixUser& user, const std::string& path) {
  if (geteuid() != 0) return absl::OkStatus();
  if (chown(path.c_str(), user.uid, user.gid) == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("chown ", path, ": ", std::strerror(errno)));
}

}  // namespace sluice::testing

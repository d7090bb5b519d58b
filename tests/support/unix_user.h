// UnixUser: a user of this machine, as a child process can become one.

#ifndef SLUICE_TESTS_SUPPORT_UNIX_USER_H_
#define SLUICE_TESTS_SUPPORT_UNIX_USER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::testing {

struct UnixUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// Errors: NOT_FOUND.
absl::StatusOr<UnixUser> FindUser(const std::string& name);

// The user that PostgreSQL and pgbouncer run as, which refuse to be root:
// `postgres` when the test is root, else the test's own.
absl::StatusOr<UnixUser> FindServerUser();

// Gives a file or folder to `user`; nothing to do unless the test is root.
absl::Status GiveTo(const UnixUser& user, const std::string& path);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_UNIX_USER_H_

// CheckTrustedPath: that what a file holds is for this user and root alone to
// say.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_TRUSTED_PATH_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_TRUSTED_PATH_H_

#include <string>

#include "absl/status/status.h"

namespace sluice::pgbouncer_sync {

// Of a file, which need not exist, and of each folder above it: its owner is
// root or this process's user, and no other user can write it. A folder that is
// for all to write and sticky, as /tmp, passes where a folder comes between it
// and the file: nobody can rename that, and there nobody else can make the file
// first. While nobody else becomes one of these two users, that stays so.
// Errors: FAILED_PRECONDITION with the path that is not so; INVALID_ARGUMENT
// for a path that is not absolute, or has a symbolic link, "." or ".." in it.
absl::Status CheckTrustedPath(const std::string& path);

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_TRUSTED_PATH_H_

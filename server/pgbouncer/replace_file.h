// ReplaceFile: a file that readers see either as it was or whole.

#ifndef SLUICE_SERVER_PGBOUNCER_REPLACE_FILE_H_
#define SLUICE_SERVER_PGBOUNCER_REPLACE_FILE_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice::pgbouncer {

enum class Durability {
  // After a crash of the host the file may be the former, or cut off.
  kProcess,
  // It is on the disk when the call returns.
  kHost,
};

// Writes "PATH.new" and renames it to `path`; the mode is exactly that,
// whatever the umask. One writer at a time. Errors: UNAVAILABLE with the
// system's words; the former file stays.
absl::Status ReplaceFile(const std::string& path, absl::string_view contents,
                         mode_t mode, Durability durability);

}  // namespace sluice::pgbouncer

#endif  // SLUICE_SERVER_PGBOUNCER_REPLACE_FILE_H_

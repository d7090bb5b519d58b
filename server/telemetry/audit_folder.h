// The folder of an audit log: its files by name, and what a name says.

#ifndef SLUICE_SERVER_TELEMETRY_AUDIT_FOLDER_H_
#define SLUICE_SERVER_TELEMETRY_AUDIT_FOLDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace sluice::telemetry {

// UNAVAILABLE: what was tried on which file, and the words for `error`, an
// errno.
absl::Status FileError(absl::string_view action, absl::string_view path,
                       int error);

// "audit-0000000000000001-20230131T120000Z.jsonl": names sort as their records
// follow one another, whatever the clock does.
std::string AuditFileName(uint64_t first_seq, absl::Time time);

// The number of the first record, by the name; none: it is no such name.
absl::optional<uint64_t> FirstSeqOf(absl::string_view name);

// Names of the log's files, in order; other files are left out.
// Errors: UNAVAILABLE.
absl::StatusOr<std::vector<std::string>> ListAuditFiles(
    const std::string& folder);

// Keeps a folder for one process.
class FolderLock {
 public:
  // Makes the folder, for the user alone, where there is none; those above it
  // have to be there.
  // Errors: UNAVAILABLE.
  static absl::StatusOr<FolderLock> Take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_AUDIT_FOLDER_H_

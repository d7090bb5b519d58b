// FolderLock: keeps other commands away from a folder that one is changing.

#ifndef SLUICE_SERVER_OPERATOR_FOLDER_LOCK_H_
#define SLUICE_SERVER_OPERATOR_FOLDER_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace sluice::operators {

// Lifetime: ends with the object, or the process. Readers need no lock.
class FolderLock {
 public:
  // Errors: UNAVAILABLE when the folder can't be opened, or another command
  // holds its lock.
  static absl::StatusOr<FolderLock> Take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept
      : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int file) : file_(file) {}

  int file_;
};

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_FOLDER_LOCK_H_

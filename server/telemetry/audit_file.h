// AuditFile: one file of an audit log, which takes a record whole or not at
// all.

#ifndef SLUICE_SERVER_TELEMETRY_AUDIT_FILE_H_
#define SLUICE_SERVER_TELEMETRY_AUDIT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::telemetry {

// Threads: one at a time, but for Sync.
class AuditFile {
 public:
  // A new file, for the user alone.
  // Errors: UNAVAILABLE.
  static absl::StatusOr<std::shared_ptr<AuditFile>> Create(std::string path);
  // One that is there, to go on at its end.
  // Errors: UNAVAILABLE.
  static absl::StatusOr<std::shared_ptr<AuditFile>> Open(std::string path);
  ~AuditFile();
  AuditFile(const AuditFile&) = delete;

  const std::string& path() const { return path_; }
  int64_t size_bytes() const { return size_bytes_; }

  // Errors: UNAVAILABLE, and nothing of the line is left; ABORTED, when
  // somebody else has removed or changed the file.
  absl::Status Append(absl::string_view line);

  // Whether the path leads to this file.
  bool IsInPlace() const;

  // Waits until the disk has what was appended.
  // Errors: UNAVAILABLE.
  // Threads: any.
  absl::Status Sync() const;

 private:
  AuditFile(std::string path, int fd, int64_t size_bytes)
      : path_(std::move(path)), fd_(fd), size_bytes_(size_bytes) {}

  absl::Status CheckUntouched() const;
  absl::Status TakeBack();

  const std::string path_;
  const int fd_;
  int64_t size_bytes_;
  // Whether a part of a record is left behind size_bytes_.
  bool has_part_ = false;
};

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_AUDIT_FILE_H_

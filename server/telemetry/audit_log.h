// AuditLog: who did what, in files that show when somebody has changed them.

#ifndef SLUICE_SERVER_TELEMETRY_AUDIT_LOG_H_
#define SLUICE_SERVER_TELEMETRY_AUDIT_LOG_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/telemetry/log.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::telemetry {

// SHA-256: 32 bytes. identity/ has it, which this room may not know.
using DigestFunction = std::function<std::string(absl::string_view)>;

// Records are JSON lines with a sequence number and, as `chain`, the digest of
// the line before; the first line of a file carries the last digest of the file
// before it. No record holds a value of a parameter or of a row, a token, or
// the text of a statement.
// Threads: any.
class AuditLog {
 public:
  // Goes on where the last file ends, after checking its last line.
  // Errors: INVALID_ARGUMENT, UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(
      const config::v1::Audit& settings, std::string instance,
      DigestFunction digest);
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;

  // Writes a record before it returns; `event` says what happened, in
  // snake_case.
  // Errors: UNAVAILABLE (AUDIT_UNAVAILABLE), nothing executed, when it can't and
  // the settings say that nothing may take place without a record.
  absl::Status Append(absl::string_view event, LogFields fields);

 private:
  class File;

  explicit AuditLog(std::unique_ptr<File> file);

  const std::unique_ptr<File> file_;
};

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_AUDIT_LOG_H_

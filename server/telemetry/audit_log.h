// AuditLog: who did what, in files that show when somebody has changed them.

#ifndef SLUICE_SERVER_TELEMETRY_AUDIT_LOG_H_
#define SLUICE_SERVER_TELEMETRY_AUDIT_LOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/telemetry/audit_chain.h"
#include "server/telemetry/audit_refusals.h"
#include "server/telemetry/audit_writer.h"
#include "server/telemetry/log.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::telemetry {

// Records are JSON lines in a chain of digests (docs/audit.md). No record holds
// a value of a parameter or of a row, a token, or the text of a statement.
//
// A record is with the operating system when Append returns, and on the disk a
// turn later: it outlives the process at once, and the host after a second.
// While the disk takes no record, each turn tries again; the next record then
// tells how many are missing.
// Threads: any. The lock is held across write(2): the order of the lines is
// that of the chain.
class AuditLog {
 public:
  static constexpr absl::Duration kTurn = absl::Seconds(1);

  // Goes on where the last file ends. Opens too while the disk takes no record.
  // Errors: UNAVAILABLE for a folder that can't be had or read.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(
      const config::v1::Audit& settings, std::string instance,
      const DigestFunction& digest, absl::Duration turn = kTurn);
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;

  // Writes a record before it returns, and gives its `seq`; `event` says what
  // happened, in snake_case. For what must not take place without a record.
  // Errors: UNAVAILABLE (AUDIT_UNAVAILABLE), nothing executed, when it can't.
  // Where the settings let things go on without a record: 0.
  absl::StatusOr<uint64_t> Append(absl::string_view event, AuditFields fields);

  // The same for what has taken place already.
  void Note(absl::string_view event, AuditFields fields);

  // Counts what was refused; a turn writes a record for each reason and app.
  void NoteRefusal(const AuditRefusal& refusal) { refusals_.Add(refusal); }

 private:
  AuditLog(std::unique_ptr<AuditWriter> writer,
           config::v1::AuditFailure on_failure)
      : on_failure_(on_failure), writer_(std::move(writer)) {}

  void RunTurns(absl::Duration turn);
  void Turn();
  void WriteRefusals();
  // Writes to the disk again if it takes a record of what is missing.
  void Resume() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Write(absl::string_view event, AuditFields fields)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SyncFiles();

  const config::v1::AuditFailure on_failure_;
  AuditRefusals refusals_;
  Mutex mutex_;
  const std::unique_ptr<AuditWriter> writer_ ABSL_PT_GUARDED_BY(mutex_);
  // While the disk takes no record: since when, and how many are missing.
  bool failing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time failing_since_ ABSL_GUARDED_BY(mutex_);
  uint64_t missing_ ABSL_GUARDED_BY(mutex_) = 0;
  // The turns' own.
  bool sync_failing_ = false;
  absl::Notification stopping_;
  std::thread turns_;
};

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_AUDIT_LOG_H_

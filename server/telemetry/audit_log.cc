#include "server/telemetry/audit_log.h"

#include <pthread.h>

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "server/base/error.h"

namespace sluice::telemetry {
namespace {

absl::Status Unavailable() {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_AUDIT_UNAVAILABLE,
                   "the audit log takes no record, and nothing is written "
                   "without one",
                   {{"executed", "no"}});
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

void AddIfKnown(absl::string_view name, const std::string& value,
                std::vector<LogField>& fields) {
  if (!value.empty()) fields.push_back({name, value});
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(
    const config::v1::Audit& settings, std::string instance,
    const DigestFunction& digest, absl::Duration turn) {
  absl::StatusOr<std::unique_ptr<AuditWriter>> writer =
      AuditWriter::Open(settings, std::move(instance), digest);
  if (!writer.ok()) return writer.status();
  std::unique_ptr<AuditLog> log(
      new AuditLog(*std::move(writer), settings.on_failure()));
  log->Note("log_opened", {});
  log->turns_ = std::thread([raw = log.get(), turn] { raw->RunTurns(turn); });
  return log;
}

AuditLog::~AuditLog() {
  if (!turns_.joinable()) return;
  stopping_.Notify();
  turns_.join();
  Turn();
  Note("log_closed", {});
  SyncFiles();
}

absl::StatusOr<uint64_t> AuditLog::Append(absl::string_view event,
                                          AuditFields fields) {
  MutexLock lock(&mutex_);
  if (Write(event, fields).ok()) return writer_->seq();
  if (on_failure_ == config::v1::AUDIT_FAILURE_CONTINUE) return 0;
  return Unavailable();
}

void AuditLog::Note(absl::string_view event, AuditFields fields) {
  MutexLock lock(&mutex_);
  Write(event, fields).IgnoreError();
}

absl::Status AuditLog::Write(absl::string_view event, AuditFields fields) {
  absl::Status written = failing_ ? absl::UnavailableError("failing")
                                  : writer_->Write(event, fields);
  if (written.ok()) return written;
  ++missing_;
  if (!failing_) {
    failing_ = true;
    failing_since_ = absl::Now();
    Log(LogLevel::kError, "audit_unavailable", {{"error", written.message()}});
  }
  return written;
}

void AuditLog::RunTurns(absl::Duration turn) {
  pthread_setname_np(pthread_self(), "sluice-audit");
  while (!stopping_.WaitForNotificationWithTimeout(turn)) Turn();
}

void AuditLog::Turn() {
  WriteRefusals();
  {
    MutexLock lock(&mutex_);
    writer_->CheckPlace();
    if (failing_) Resume();
  }
  SyncFiles();
}

void AuditLog::Resume() {
  const std::string since = TimeText(failing_since_);
  const LogField fields[] = {{"missing_records", missing_}, {"since", since}};
  if (!writer_->Write("log_resumed", fields).ok()) return;
  Log(LogLevel::kInfo, "audit_available", {{"missing_records", missing_}});
  failing_ = false;
  missing_ = 0;
}

void AuditLog::WriteRefusals() {
  for (const AuditRefusals::Count& count : refusals_.Take()) {
    const std::string first_time = TimeText(count.first_time);
    std::vector<LogField> fields = {{"reason", count.reason},
                                    {"count", count.count},
                                    {"first_time", first_time}};
    AddIfKnown("app", count.app, fields);
    AddIfKnown("identity", count.identity, fields);
    AddIfKnown("peer", count.peer, fields);
    AddIfKnown("method", count.method, fields);
    AddIfKnown("database", count.database, fields);
    Note("refused", fields);
  }
}

// Outside the lock: a disk may take its time.
void AuditLog::SyncFiles() {
  std::vector<std::shared_ptr<AuditFile>> files;
  {
    MutexLock lock(&mutex_);
    files = writer_->TakeUnsynced();
  }
  for (const std::shared_ptr<AuditFile>& file : files) {
    const absl::Status synced = file->Sync();
    if (synced.ok() != sync_failing_) continue;
    sync_failing_ = !synced.ok();
    if (sync_failing_) {
      Log(LogLevel::kError, "audit_sync_failed", {{"error", synced.message()}});
    } else {
      Log(LogLevel::kInfo, "audit_sync_works");
    }
  }
}

}  // namespace sluice::telemetry

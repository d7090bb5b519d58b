#include "server/telemetry/audit_writer.h"

#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/telemetry/log.h"

namespace sluice::telemetry {
namespace {

constexpr absl::Duration kRetryInterval = absl::Seconds(1);
// Names of files begun within a second may collide.
constexpr int kMaxNames = 10;

void LogFileLost(absl::string_view error) {
  Log(LogLevel::kError, "audit_file_lost", {{"error", error}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditWriter>> AuditWriter::Open(
    const config::v1::Audit& settings, std::string instance,
    const DigestFunction& digest) {
  absl::StatusOr<FolderLock> lock = FolderLock::Take(settings.folder());
  if (!lock.ok()) return lock.status();
  std::unique_ptr<AuditWriter> writer(new AuditWriter(
      settings, AuditChain(digest, std::move(instance)), *std::move(lock)));
  absl::Status going_on = writer->GoOn(digest);
  if (!going_on.ok()) return going_on;
  return writer;
}

absl::Status AuditWriter::GoOn(const DigestFunction& digest) {
  absl::StatusOr<std::vector<std::string>> names = ListAuditFiles(folder_);
  if (!names.ok()) return names.status();
  names_ = *std::move(names);
  absl::StatusOr<AuditTail> tail = ReadAuditTail(folder_, names_, digest);
  if (!tail.ok()) return tail.status();
  chain_.set_end(tail->end);
  torn_ = tail->torn;
  damage_ = tail->damage;
  if (!torn_.empty()) {
    Log(LogLevel::kWarning, "audit_record_torn", {{"part", torn_}});
  }
  if (!damage_.empty()) {
    Log(LogLevel::kError, "audit_log_damaged",
        {{"file", names_.back()}, {"error", damage_}});
  }
  if (names_.empty() || !tail->IsSound()) return absl::OkStatus();
  absl::StatusOr<std::shared_ptr<AuditFile>> file =
      AuditFile::Open(PathOf(names_.back()));
  if (!file.ok()) return file.status();
  file_ = *std::move(file);
  return absl::OkStatus();
}

absl::Status AuditWriter::Write(absl::string_view event, AuditFields fields) {
  absl::Status status = PrepareFile();
  if (!status.ok()) return status;
  status = WriteTo(file_, event, fields);
  if (!absl::IsAborted(status)) return status;
  LogFileLost(status.message());
  file_.reset();
  status = BeginFile();
  return status.ok() ? WriteTo(file_, event, fields) : status;
}

absl::Status AuditWriter::PrepareFile() {
  if (file_ == nullptr) return BeginFile();
  const absl::Time now = absl::Now();
  if (file_->size_bytes() < max_file_bytes_ || now < next_try_) {
    return absl::OkStatus();
  }
  // Without a new file the old one grows on.
  const absl::Status begun = BeginFile();
  if (!begun.ok()) {
    next_try_ = now + kRetryInterval;
    Log(LogLevel::kError, "audit_file_refused", {{"error", begun.message()}});
  }
  return absl::OkStatus();
}

absl::Status AuditWriter::BeginFile() {
  std::string name;
  absl::StatusOr<std::shared_ptr<AuditFile>> file = CreateFile(name);
  if (!file.ok()) return file.status();
  std::vector<LogField> fields = {
      {"previous_file", names_.empty() ? "" : names_.back()},
      {"previous_chain", chain_.end().chain}};
  if (!torn_.empty()) fields.push_back({"torn", torn_});
  if (!damage_.empty()) fields.push_back({"damage", damage_});
  absl::Status written = WriteTo(*file, "file_begun", fields);
  if (!written.ok()) {
    unlink((*file)->path().c_str());
    return absl::UnavailableError(written.message());
  }
  file_ = *std::move(file);
  names_.push_back(std::move(name));
  torn_.clear();
  damage_.clear();
  RemoveOldFiles();
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<AuditFile>> AuditWriter::CreateFile(
    std::string& name) {
  const absl::Time now = absl::Now();
  absl::StatusOr<std::shared_ptr<AuditFile>> file;
  for (int i = 0; i < kMaxNames; ++i) {
    name = AuditFileName(seq() + 1, now + absl::Seconds(i));
    file = AuditFile::Create(PathOf(name));
    if (file.ok() || access(PathOf(name).c_str(), F_OK) != 0) break;
  }
  return file;
}

absl::Status AuditWriter::WriteTo(const std::shared_ptr<AuditFile>& file,
                                  absl::string_view event, AuditFields fields) {
  absl::Status written =
      file->Append(chain_.MakeLine(absl::Now(), event, fields));
  if (!written.ok()) return written;
  chain_.Advance();
  if (unsynced_.empty() || unsynced_.back() != file) unsynced_.push_back(file);
  return written;
}

// The record of a removal comes before it.
void AuditWriter::RemoveOldFiles() {
  while (max_files_ > 0 && names_.size() > max_files_) {
    const std::string path = PathOf(names_.front());
    const uint64_t last_seq = *FirstSeqOf(names_[1]) - 1;
    const LogField fields[] = {{"file", names_.front()},
                               {"last_seq", last_seq}};
    if (!WriteTo(file_, "file_removed", fields).ok()) return;
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
      Log(LogLevel::kError, "audit_file_kept",
          {{"error", FileError("cannot remove", path, errno).message()}});
    }
    names_.erase(names_.begin());
  }
}

void AuditWriter::CheckPlace() {
  if (file_ == nullptr || file_->IsInPlace()) return;
  LogFileLost(absl::StrCat(file_->path(), " was removed"));
  file_.reset();
}

std::vector<std::shared_ptr<AuditFile>> AuditWriter::TakeUnsynced() {
  return std::exchange(unsynced_, {});
}

std::string AuditWriter::PathOf(absl::string_view name) const {
  return absl::StrCat(folder_, "/", name);
}

}  // namespace sluice::telemetry

// AuditWriter: the chain of records in the files of a folder.

#ifndef SLUICE_SERVER_TELEMETRY_AUDIT_WRITER_H_
#define SLUICE_SERVER_TELEMETRY_AUDIT_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/telemetry/audit_chain.h"
#include "server/telemetry/audit_file.h"
#include "server/telemetry/audit_folder.h"
#include "server/telemetry/audit_tail.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::telemetry {

// After a failure the chain is where it was, and the next Write tries anew.
// Threads: one at a time.
class AuditWriter {
 public:
  // Goes on where the log was left. It writes nothing.
  // Errors: UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<AuditWriter>> Open(
      const config::v1::Audit& settings, std::string instance,
      const DigestFunction& digest);

  // Writes a record, and begins the next file where it is time for that.
  // Errors: UNAVAILABLE; no part of the record is left.
  absl::Status Write(absl::string_view event, AuditFields fields);

  // Of the last record.
  uint64_t seq() const { return chain_.end().seq; }

  // Gives up the file if its path does not lead to it any more.
  void CheckPlace();

  // The files written to since the last call, which need a Sync.
  std::vector<std::shared_ptr<AuditFile>> TakeUnsynced();

 private:
  AuditWriter(const config::v1::Audit& settings, AuditChain chain,
              FolderLock lock)
      : folder_(settings.folder()),
        max_file_bytes_(settings.max_file_bytes()),
        max_files_(settings.max_files()),
        lock_(std::move(lock)),
        chain_(std::move(chain)) {}

  absl::Status GoOn(const DigestFunction& digest);
  absl::Status PrepareFile();
  absl::Status BeginFile();
  absl::StatusOr<std::shared_ptr<AuditFile>> CreateFile(std::string& name);
  absl::Status WriteTo(const std::shared_ptr<AuditFile>& file,
                       absl::string_view event, AuditFields fields);
  void RemoveOldFiles();
  std::string PathOf(absl::string_view name) const;

  const std::string folder_;
  const int64_t max_file_bytes_;
  // 0: all.
  const size_t max_files_;
  const FolderLock lock_;
  AuditChain chain_;
  // Of the folder, in order.
  std::vector<std::string> names_;
  // What the next file has to tell of the one before it.
  std::string torn_;
  std::string damage_;
  // Null: the next record begins one.
  std::shared_ptr<AuditFile> file_;
  // When another file may be tried, after a failure.
  absl::Time next_try_ = absl::InfinitePast();
  std::vector<std::shared_ptr<AuditFile>> unsynced_;
};

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_AUDIT_WRITER_H_

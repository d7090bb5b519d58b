// VerifyAuditLog: whether the files of an audit log are what was written to
// them.

#ifndef SLUICE_SERVER_TELEMETRY_AUDIT_VERIFICATION_H_
#define SLUICE_SERVER_TELEMETRY_AUDIT_VERIFICATION_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/telemetry/audit_chain.h"

namespace sluice::telemetry {

// The first place where a log is not what was written.
struct AuditBreak {
  enum class Kind {
    // A line is no record, or its digest is not that of what it says.
    kChanged,
    // Records are not there, nor a record of their removal.
    kMissing,
    // A record stands where another one belongs: inserted, repeated or moved.
    kOutOfOrder,
    // The last line of a file ends early, and no record tells of a crash.
    kTorn,
    // No record has the digest that was asked for.
    kNotFound,
  };

  Kind kind = Kind::kChanged;
  std::string file;
  // From 1; 0: the file as a whole.
  uint64_t line = 0;
  // Of the record that belongs there.
  uint64_t seq = 0;
  // A sentence.
  std::string message;
};

// "changed", "missing", "out_of_order", "torn", "not_found".
absl::string_view BreakName(AuditBreak::Kind kind);

// What was found up to the first break.
struct AuditReport {
  uint64_t file_count = 0;
  uint64_t record_count = 0;
  // 0: there is no record.
  uint64_t first_seq = 0;
  ChainEnd end;
  // Of the first and the last record.
  std::string first_time;
  std::string last_time;
  // Parts of records that crashes left behind, and records that could not be
  // written, both as later records tell.
  uint64_t torn_count = 0;
  uint64_t missing_count = 0;
  absl::optional<AuditBreak> first_break;
};

// Reads all files in order. `expected_chain`: of a record that has to be there,
// since it was seen there; empty: none.
// Errors: UNAVAILABLE for what can't be read, NOT_FOUND for a folder without
// files of a log.
absl::StatusOr<AuditReport> VerifyAuditLog(
    const std::string& folder, const DigestFunction& digest,
    absl::string_view expected_chain = "");

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_AUDIT_VERIFICATION_H_

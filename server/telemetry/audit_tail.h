// AuditTail: where an audit log was left, for the process that goes on with it.

#ifndef SLUICE_SERVER_TELEMETRY_AUDIT_TAIL_H_
#define SLUICE_SERVER_TELEMETRY_AUDIT_TAIL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/telemetry/audit_chain.h"

namespace sluice::telemetry {

struct AuditTail {
  // Of the last record that can be read.
  ChainEnd end;
  // Parts of records that a crash has left at the ends of files, as
  // DescribeTornPart has them, separated by commas; empty: none.
  std::string torn;
  // Why `end` is not the sound end of the log; empty: it is.
  std::string damage;

  // Whether the last file may be gone on with.
  bool IsSound() const { return torn.empty() && damage.empty(); }
};

// What the log tells of a part of a record: the name of its file, how many
// bytes it has, and their digest.
std::string DescribeTornPart(const DigestFunction& digest,
                             absl::string_view file, absl::string_view bytes);

// Looks at the last two records alone, however long the log is. `names` are
// its files, in order.
// Errors: UNAVAILABLE.
absl::StatusOr<AuditTail> ReadAuditTail(const std::string& folder,
                                        const std::vector<std::string>& names,
                                        const DigestFunction& digest);

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_AUDIT_TAIL_H_

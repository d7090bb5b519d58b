// AuditChain: the records of an audit log as lines, each with a digest of
// itself and of the line before it.

#ifndef SLUICE_SERVER_TELEMETRY_AUDIT_CHAIN_H_
#define SLUICE_SERVER_TELEMETRY_AUDIT_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "server/telemetry/log.h"

namespace sluice::telemetry {

// SHA-256: 32 bytes. identity/ has it, which this room may not know.
using DigestFunction = std::function<std::string(absl::string_view)>;

using AuditFields = absl::Span<const LogField>;

// Lower-case hexadecimal.
inline constexpr size_t kChainDigits = 64;

// How far a chain has got; at first, what its first record goes on from.
struct ChainEnd {
  uint64_t seq = 0;
  std::string chain = std::string(kChainDigits, '0');

  friend bool operator==(const ChainEnd&, const ChainEnd&) = default;
};

// `chain` of a record: hexadecimal digest of the `chain` of the record before,
// followed by the record as a JSON object without its member `chain`.
std::string ChainOf(const DigestFunction& digest,
                    absl::string_view previous_chain, absl::string_view object);

// Makes one line after the other. docs/audit.md says what is in it.
class AuditChain {
 public:
  AuditChain(DigestFunction digest, std::string instance)
      : digest_(std::move(digest)), instance_(std::move(instance)) {}

  const ChainEnd& end() const { return end_; }
  void set_end(ChainEnd end) { end_ = std::move(end); }

  // The line that comes next, with its newline; lives until the next call. It
  // is part of the chain once Advance is called. Texts beyond 4 KiB are cut.
  absl::string_view MakeLine(absl::Time time, absl::string_view event,
                             AuditFields fields);
  void Advance() { end_ = next_; }

 private:
  // The time as RFC 3339 has it, with microseconds.
  absl::string_view FormatTime(absl::Time time);

  const DigestFunction digest_;
  const std::string instance_;
  ChainEnd end_;
  ChainEnd next_;
  // The chain before it, and the line.
  std::string buffer_;
  std::string time_;
  int64_t time_second_ = -1;
};

// A line taken apart.
struct AuditRecord {
  uint64_t seq = 0;
  std::string time;
  std::string event;
  std::string chain;
  // What `chain` was made of, with the chain before it.
  std::string object;

  // A member that is text; empty if there is none.
  std::string Text(absl::string_view name) const;
  // A member that is a number; 0 if there is none.
  uint64_t Number(absl::string_view name) const;
};

// None: `line`, without its newline, has not the form of a record. Its digest
// is not looked at.
absl::optional<AuditRecord> ParseAuditRecord(absl::string_view line);

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_AUDIT_CHAIN_H_

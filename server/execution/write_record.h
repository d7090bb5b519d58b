// WriteRecord: what the audit log has of a write: a record before it is sent,
// and one when it has ended.

#ifndef SLUICE_SERVER_EXECUTION_WRITE_RECORD_H_
#define SLUICE_SERVER_EXECUTION_WRITE_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/base/deadline.h"
#include "server/execution/audit_scope.h"
#include "server/policy/statement_class.h"
#include "server/postgres/connection.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// Where a write goes.
struct WriteTarget {
  absl::string_view database;
  // Of PostgreSQL.
  absl::string_view role;
};

// Whether a statement is recorded: all but those that are sure to write
// nothing. A SELECT is recorded where it may write and calls a function that
// is not known to be harmless.
bool IsRecorded(const policy::StatementFacts& facts, postgres::Access access);

// Lifetime: `scope` outlives it.
class WriteRecord {
 public:
  explicit WriteRecord(const AuditScope& scope) : scope_(scope) {}
  // A write whose end nobody has told is recorded as unknown.
  ~WriteRecord();
  WriteRecord(const WriteRecord&) = delete;

  // Records what is about to be sent, unless none of it is to be recorded.
  // `transaction`: `seq` of the first record of an interactive transaction, if
  // it is a part of one.
  // Errors: UNAVAILABLE (AUDIT_UNAVAILABLE); then it must not be sent.
  absl::Status Begin(const WriteTarget& target, postgres::Access access,
                     absl::Span<const policy::StatementFacts* const> statements,
                     uint64_t transaction = 0);
  // Records how it ended, if its beginning is recorded.
  void End(const absl::Status& status, const v1::ExecutionSummary& summary);

  bool has_begun() const { return has_begun_; }
  // Of the record of its beginning; 0 where there is none.
  uint64_t seq() const { return seq_; }

 private:
  const AuditScope& scope_;
  bool has_begun_ = false;
  uint64_t seq_ = 0;
  std::string database_;
  SteadyTime started_at_;
};

// What the audit log has of an interactive transaction that wrote: beside the
// records of its writes, one of its end.
// Lifetime: `scope` outlives it.
class TransactionRecord {
 public:
  explicit TransactionRecord(const AuditScope& scope) : scope_(scope) {}
  TransactionRecord(const TransactionRecord&) = delete;

  // Counts a write, if its beginning is recorded.
  void Add(const WriteRecord& write);
  // `seq` of its first record; 0 before that.
  uint64_t seq() const { return seq_; }

  // What became of it: COMMITTED, ROLLED_BACK, or anything else where that is
  // not known. The first call counts.
  void End(absl::string_view database, v1::TransactionState state);

 private:
  const AuditScope& scope_;
  uint64_t seq_ = 0;
  int64_t write_count_ = 0;
  SteadyTime started_at_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_WRITE_RECORD_H_

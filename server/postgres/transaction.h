// The ends of a transaction: its commands, its identity, its commit.

#ifndef SLUICE_SERVER_POSTGRES_TRANSACTION_H_
#define SLUICE_SERVER_POSTGRES_TRANSACTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/postgres/canceller.h"
#include "server/postgres/codec/type_catalog.h"
#include "server/postgres/connection.h"
#include "server/postgres/row_sink.h"
#include "server/postgres/server_error.h"
#include "sluice/v1/database.pb.h"

namespace sluice::postgres {

// What names a transaction for good: after a promotion, which begins a
// timeline, and after a crash ids are handed out again.
struct TransactionId {
  ClusterIdentity cluster;
  // xid8; 0: the transaction has written nothing.
  uint64_t xid = 0;
};

// The statement that tells the xid of the transaction that it runs in: NULL
// where that has written nothing.
absl::string_view TransactionIdSql();

// Reads its row.
class TransactionIdSink final : public RowSink {
 public:
  void Begin(const std::vector<ColumnDescription>& /*columns*/,
             RowSource& /*source*/) override {
    xid_ = 0;
  }
  bool MayStartAnew() const override { return true; }
  Next AddRow(absl::string_view body) override;
  size_t RowBudget() const override { return 256; }
  Next AddLongRow(size_t /*bytes*/) override { return Next::kFail; }

  uint64_t xid() const { return xid_; }

 private:
  uint64_t xid_ = 0;
};

struct CommandResult {
  // OK when PostgreSQL completed it.
  absl::Status status;
  // Whether it was sent to be executed.
  bool sent = false;
  bool connection_lost = false;
  // Whether a commit took place here, and a standby did not confirm it.
  bool commit_may_be_lost = false;
  std::string command_tag;
  std::vector<v1::Notice> notices;
};

// Runs one utility statement without parameters or rows, in a unit of its own.
// `cancellation` reaches PostgreSQL; the status is then CANCELLED or
// DEADLINE_EXCEEDED.
Task<CommandResult> RunCommand(Connection& connection, Canceller& canceller,
                               const std::string& sql,
                               DetailPolicy detail_policy,
                               Cancellation& cancellation);

// The cluster of the connection, asked for once unless it is a standby. Outside
// a transaction, which a refusal would fail. A cancellation closes the
// connection. Errors: UNAVAILABLE (CONNECTION_LOST), CANCELLED,
// DEADLINE_EXCEEDED.
Task<absl::StatusOr<ClusterIdentity>> FetchCluster(Connection& connection,
                                                   Cancellation& cancellation);

// What is asked beside the commit.
struct CommitOptions {
  DetailPolicy detail_policy = DetailPolicy::kOmit;
  // Whether the place of the commit in the WAL is to be told.
  enum class Position { kNone, kWanted } position = Position::kNone;
};

struct CommitResult {
  // OK: the transaction is committed, and where a synchronous standby is waited
  // for, that has confirmed it.
  absl::Status status;
  // Whether the commit was sent.
  bool sent = false;
  // Whether it was sent and how it ended is not known; `status` is an error
  // then. In every other error nothing was committed.
  bool outcome_open = false;
  TransactionId id;
  // A position in the WAL behind the commit, where it was wanted; 0: it is not
  // known.
  uint64_t lsn = 0;
  std::vector<v1::Notice> notices;
};

// Commits the transaction whose id is known. `cancellation` reaches
// PostgreSQL, where it ends the wait for a synchronous standby. The position is
// asked for in a unit of its own, in the same flush.
Task<CommitResult> SendCommit(Connection& connection, Canceller& canceller,
                              const TransactionId& id,
                              const CommitOptions& options,
                              Cancellation& cancellation);

// The id of the open transaction, so that whatever becomes of its commit can be
// found out; its `xid` is 0 where nothing was written. FetchCluster has been
// called. Errors: as RunStatement.
Task<absl::StatusOr<TransactionId>> FetchTransactionId(
    Connection& connection, TypeCatalog& types, Canceller& canceller,
    DetailPolicy detail_policy, Cancellation& cancellation);

// Where the WAL of a primary ends; 0: it can't be told.
Task<uint64_t> FetchPosition(Connection& connection,
                             Cancellation& cancellation);

// Waits until what was committed before is as safe as `synchronous_commit` asks
// it to be: a commit that was seen may still wait for its synchronous standby,
// or have stopped waiting. Commits an empty message of the WAL, which waits for
// the same. Not confirmed: `commit_may_be_lost`, or an error.
Task<CommandResult> ConfirmCommits(Connection& connection, Canceller& canceller,
                                   DetailPolicy detail_policy,
                                   Cancellation& cancellation);

// Rolls back what is open, if anything is. A connection that does not follow
// within a second is closed.
Task<void> RollBack(Connection& connection, Canceller& canceller);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_TRANSACTION_H_

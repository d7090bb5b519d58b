// The ends of a transaction that its caller drives: how it is begun and
// committed.

#ifndef SLUICE_SERVER_EXECUTION_TRANSACTION_ENDS_H_
#define SLUICE_SERVER_EXECUTION_TRANSACTION_ENDS_H_

#include <optional>

#include "absl/status/status.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/execution/execution_context.h"
#include "server/execution/placement.h"
#include "server/postgres/connection.h"
#include "server/postgres/transaction.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// Of whom it is and what it may do. All of it outlives the transaction's end.
struct TransactionSide {
  ExecutionContext& context;
  const GrantedDatabase& database;
  postgres::Access access;
  Cancellation& cancellation;
};

// Begins it on the primary, on another connection where one is lost or its node
// will not write. `place` is where it was tried last; none: nowhere.
// Errors, all "nothing executed": those of PlaceOnPrimary and of RunStatement.
Task<absl::Status> OpenTransaction(const TransactionSide& side,
                                   const v1::TransactBegin& begin,
                                   std::optional<Placement>& place,
                                   v1::TransactBegun* begun);

// Whether a failure says that the node does not write, as a primary does that
// has become a standby.
bool IsDemoted(const Placement& place, postgres::Access access,
               const absl::Status& failure);

// Commits it there, unless another primary has come meanwhile. What has written
// nothing has no id.
Task<postgres::CommitResult> CommitTransaction(const TransactionSide& side,
                                               const Placement& place);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_TRANSACTION_ENDS_H_

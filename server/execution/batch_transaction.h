// RunBatchTransaction: the RPC RunTransaction, without gRPC: checks the
// request, admits its statements, runs the program, fills the response.

#ifndef SLUICE_SERVER_EXECUTION_BATCH_TRANSACTION_H_
#define SLUICE_SERVER_EXECUTION_BATCH_TRANSACTION_H_

#include "absl/status/status.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/task.h"
#include "server/execution/audit_scope.h"
#include "server/execution/execution_context.h"
#include "server/policy/permit.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// One RunTransaction, and where its outcome goes.
// Lifetime: everything referred to outlives the run.
struct BatchTransactionWork {
  BatchTransactionWork(const policy::Permit& permit,
                       const v1::RunTransactionRequest& request,
                       Deadline deadline, Cancellation& cancellation,
                       v1::RunTransactionResponse* response)
      : permit(permit),
        request(request),
        deadline(deadline),
        cancellation(cancellation),
        response(response) {}

  const policy::Permit& permit;
  const v1::RunTransactionRequest& request;
  const Deadline deadline;
  Cancellation& cancellation;
  v1::RunTransactionResponse* const response;
  // Whom the audit log names; null: nothing is recorded.
  const AuditScope* audit = nullptr;
};

// Errors: docs/errors.md.
Task<absl::Status> RunBatchTransaction(ExecutionContext& context,
                                       const BatchTransactionWork& work);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_BATCH_TRANSACTION_H_

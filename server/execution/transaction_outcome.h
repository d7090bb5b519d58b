// GetTransactionOutcome: what became of the transaction that a reference names.

#ifndef SLUICE_SERVER_EXECUTION_TRANSACTION_OUTCOME_H_
#define SLUICE_SERVER_EXECUTION_TRANSACTION_OUTCOME_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/task.h"
#include "server/execution/execution_context.h"
#include "server/policy/permit.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// One question, and where its answer goes.
// Lifetime: everything referred to outlives the run.
struct OutcomeWork {
  OutcomeWork(const policy::Permit& permit,
              const v1::GetTransactionOutcomeRequest& request,
              Deadline deadline, Cancellation& cancellation,
              v1::GetTransactionOutcomeResponse* response)
      : permit(permit),
        request(request),
        deadline(deadline),
        cancellation(cancellation),
        response(response) {}

  // Who asks.
  const policy::Permit& permit;
  const v1::GetTransactionOutcomeRequest& request;
  const Deadline deadline;
  Cancellation& cancellation;
  v1::GetTransactionOutcomeResponse* const response;
};

// Asks the primary. Tried again when the connection is lost.
// Errors: docs/errors.md; INVALID_ARGUMENT (OUTCOME_REFERENCE_INVALID) for a
// reference that is not the app's, or of another database.
Task<absl::Status> GetTransactionOutcome(ExecutionContext& context,
                                         const OutcomeWork& work);

// What the primary says of a transaction.
struct Sighting {
  // How the server that answers has to do with the one that handed the id out.
  enum class Place {
    // The same, and it has not crashed since.
    kHere,
    // It may have crashed since, and may have handed the id out again if the
    // end of the WAL was lost.
    kRecovered,
    // Another one: of a later timeline, or another cluster. Ids there are of
    // other transactions.
    kElsewhere,
  };
  Place place = Place::kElsewhere;
  // `pg_xact_status`; empty where that knows nothing.
  std::string status;
};

// What is certain by a sighting; UNKNOWN where only a record of the request
// can tell.
v1::TransactionOutcome JudgeSighting(const Sighting& sighting);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_TRANSACTION_OUTCOME_H_

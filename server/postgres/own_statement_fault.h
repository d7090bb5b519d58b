// What errors of the gateway's own statements mean, those that call functions
// of the schema `sluice` among them. A status of PostgreSQL carries its
// SQLSTATE as metadata.

#ifndef SLUICE_SERVER_POSTGRES_OWN_STATEMENT_FAULT_H_
#define SLUICE_SERVER_POSTGRES_OWN_STATEMENT_FAULT_H_

#include "absl/status/status.h"

namespace sluice::postgres {

// A request id was claimed before: `sluice.claim_request` says so itself
// (SL001).
bool IsAboutClaimedRequest(const absl::Status& status);

// A function is not there, or not for the gateway's role: no schema (3F000), no
// such function (42883), no permission (42501).
bool IsAboutMissingFunction(const absl::Status& status);

// pg_xact_status was asked for an id that was not handed out yet (22023).
bool IsAboutFutureTransaction(const absl::Status& status);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_OWN_STATEMENT_FAULT_H_

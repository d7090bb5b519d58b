// What a transaction is asked to be: validation, PostgreSQL's words for it,
// and its limits in time.

#ifndef SLUICE_SERVER_EXECUTION_TRANSACTION_OPTIONS_H_
#define SLUICE_SERVER_EXECUTION_TRANSACTION_OPTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/policy/policy.h"
#include "server/postgres/connection.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// How long a transaction and its parts may take.
struct TransactionTimeouts {
  absl::Duration statement;
  absl::Duration idle;
  absl::Duration total;
};

// Errors: INVALID_ARGUMENT (INVALID_REQUEST).
absl::Status CheckTransactionOptions(const v1::TransactionOptions& options);

// What is asked for, within what the server and the policy of the app allow.
// Options that were checked.
TransactionTimeouts TimeoutsOf(const v1::TransactionOptions& options,
                               const config::v1::Limits& limits,
                               const policy::AppLimits& app);

// What the transaction's session has to be allowed.
postgres::Access AccessOf(const v1::TransactionOptions& options);

// The command that opens the transaction. Options that were checked.
std::string BeginSql(const v1::TransactionOptions& options);

// The command that sets its lock_timeout, to be run within it; empty where
// none is asked for.
std::string LockTimeoutSql(const v1::TransactionOptions& options);

// The command that sets its statement_timeout, likewise.
std::string StatementTimeoutSql(const TransactionTimeouts& timeouts);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_TRANSACTION_OPTIONS_H_

// Which classes of statement each RPC takes, and what right each needs.

#ifndef SLUICE_SERVER_POLICY_STATEMENT_RULES_H_
#define SLUICE_SERVER_POLICY_STATEMENT_RULES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/policy/rights.h"
#include "server/policy/statement_class.h"

namespace sluice::policy {

// The right that a statement needs. What may be of any class, needs `ddl`. What
// is confined to a transaction needs `read`, as its cursors do. kRead that was
// only scanned may be a write: whoever runs it has to have it enforced.
Right RightOf(const StatementFacts& facts);

// Query takes reads. What a read does is for PostgreSQL to enforce.
// Errors: INVALID_ARGUMENT, reason STATEMENT_NOT_ALLOWED; SYNTAX_ERROR with
// the parser's words and a PostgresDiagnostic for a text that is no command.
absl::Status CheckQuery(const StatementFacts& facts);

// Execute takes reads, writes, DDL, DO, CALL and maintenance; a text that the
// parser does not know goes to PostgreSQL, whose grammar may be newer.
// Errors: INVALID_ARGUMENT, reason STATEMENT_NOT_ALLOWED.
absl::Status CheckExecute(const StatementFacts& facts);

// RunTransaction and Transact take what Execute takes and PostgreSQL runs in a
// transaction block, and what ends with the transaction: SET LOCAL but for what
// the gateway keeps for itself, SET CONSTRAINTS, cursors without HOLD.
// Errors: INVALID_ARGUMENT, reason STATEMENT_NOT_ALLOWED, in words that say
// what to use instead.
absl::Status CheckTransaction(const StatementFacts& facts);

// Describe takes what Execute takes.
// Errors: INVALID_ARGUMENT, reason STATEMENT_NOT_ALLOWED.
absl::Status CheckDescribe(const StatementFacts& facts);

// Whether PostgreSQL can be asked whether a statement only reads: a SELECT,
// VALUES, TABLE or WITH, sure to be one by its parse tree, that writes nothing
// and locks no rows by its form.
bool MayProveRead(const StatementFacts& facts);

// Whether a statement may leave behind, beyond its transaction, what a later
// caller of the session would notice: temporary objects, settings, advisory
// locks. By its class and the functions that its text calls; what triggers,
// operators, casts, views and defaults call is not seen.
bool MayChangeSession(const StatementFacts& facts);

// Whether a text names what no reset of the session undoes: connections of
// dblink, a replication origin, a library to load.
bool OutlastsReset(absl::string_view sql);

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_STATEMENT_RULES_H_

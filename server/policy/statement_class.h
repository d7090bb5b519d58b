// StatementClass: what kind of command a SQL text is, as the gateway's rules
// see it.

#ifndef SLUICE_SERVER_POLICY_STATEMENT_CLASS_H_
#define SLUICE_SERVER_POLICY_STATEMENT_CLASS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace sluice::policy {

enum class StatementClass {
  // SELECT, VALUES, TABLE, WITH, SHOW, and EXPLAIN of these, that change
  // nothing by their form. What functions do is for PostgreSQL to refuse.
  kRead,
  // INSERT, UPDATE, DELETE, MERGE, TRUNCATE, LOCK, NOTIFY; a WITH that holds
  // one of the first four; a SELECT that locks rows.
  kWrite,
  // CREATE, ALTER, DROP, GRANT, COMMENT and the like; SELECT INTO.
  kDdl,
  kCopy,
  // LISTEN, UNLISTEN.
  kListen,
  // BEGIN, COMMIT, ROLLBACK, SAVEPOINT, PREPARE TRANSACTION, SET CONSTRAINTS
  // and the like.
  kTransaction,
  // SET, RESET, DISCARD, PREPARE, EXECUTE, DEALLOCATE, cursors: what leaves or
  // uses a state of the session, CREATE TABLE AS EXECUTE and WHERE CURRENT OF
  // too. SET TRANSACTION too.
  kSession,
  // DO, CALL: code that may commit on its own.
  kProcedure,
  // VACUUM, ANALYZE, CLUSTER, REINDEX, CHECKPOINT.
  kMaintenance,
  // Anything else, and what is too long to be sure of: EXPLAIN of no known
  // command, LOAD, ALTER SYSTEM.
  kOther,
  // No command at all: a syntax error, told in `StatementFacts::fault`.
  kUnparsable,
};

// Name for logs and messages: "read", "session".
absl::string_view StatementClassName(StatementClass statement_class);

// How the class was found.
enum class Evidence {
  // From the parse tree: kRead is proved.
  kParsed,
  // From the first keyword, since the text is too long for the parser or not
  // of its grammar. kRead is a candidate that PostgreSQL must enforce: a WITH
  // may hold an INSERT.
  kScanned,
};

// What a statement would do to the transaction that it stands in, where its
// class does not tell.
enum class TransactionEffect {
  // Nothing that outlives the transaction or decides its end: SET CONSTRAINTS,
  // cursors without HOLD, WHERE CURRENT OF, SET LOCAL of parameters of the
  // user's own.
  kConfined,
  // SET LOCAL of one of PostgreSQL's settings. It ends with the transaction
  // too, but what is prepared meanwhile may keep it: a search_path decides what
  // types parameters have, a time zone what constants mean.
  kSetsLocally,
  // BEGIN, COMMIT, ROLLBACK, SAVEPOINT, PREPARE TRANSACTION and the like.
  kControls,
  // SET TRANSACTION; SET LOCAL and RESET of its characteristics.
  kSetsCharacteristics,
  // SET LOCAL of a role, or of a setting that the gateway keeps for itself.
  kSetsReserved,
  // SET, RESET, DISCARD.
  kSetsSession,
  // PREPARE, EXECUTE, DEALLOCATE.
  kPrepares,
  // DECLARE WITH HOLD.
  kHolds,
  kUnknown,
};

// Why the parser refused a text.
struct SyntaxFault {
  // PostgreSQL's own words, such as `syntax error at or near "selec"`.
  std::string message;
  // In characters from 1; 0 where it is not known.
  int32_t position = 0;
};

// What tells statements apart whatever their constants are, for the audit log.
struct Fingerprint {
  enum class Of {
    // Nothing: whoever knows the text is to take its digest.
    kNone,
    // The parse tree, by libpg_query.
    kTree,
    // The text itself, the first 8 bytes of its SHA-256.
    kText,
    // A text that may hold a password, which a fingerprint would help to guess.
    kWithheld,
  };

  Of of = Of::kNone;
  uint64_t value = 0;

  // "50fde20626009aba", "text:50fde20626009aba", "withheld"; or empty.
  std::string ToString() const;
};

// What is known of one statement.
struct StatementFacts {
  StatementClass statement_class = StatementClass::kOther;
  Evidence evidence = Evidence::kScanned;
  // Set if the parser refused the text, whatever the class: it knows
  // PostgreSQL 15's grammar, the server may know a newer one.
  absl::optional<SyntaxFault> fault;
  // Whether EXPLAIN takes it: SELECT, VALUES, TABLE, WITH, INSERT, UPDATE,
  // DELETE or MERGE.
  bool explainable = false;
  // Whether it calls a function that may change the session
  // (function_calls.h), as far as its text shows.
  bool calls_unknown_function = true;
  // Whether it may leave something in the session (statement_rules.h).
  bool may_change_session = true;
  // Whether it may leave something there that a reset does not undo.
  bool outlasts_reset = false;
  // Whether the gateway may not put it between BEGIN and COMMIT: PostgreSQL
  // refuses it there, or its code may commit on its own, or it is not known
  // what it is.
  bool runs_alone = true;
  // Of kSession and kTransaction.
  TransactionEffect transaction_effect = TransactionEffect::kUnknown;
  // FETCH: its columns are those of the cursor that has the name by then, so a
  // description of it must not be kept.
  bool fetches_cursor = false;
  // The command in its text, in bytes, without semicolons around it; of what
  // was parsed.
  size_t command_begin = 0;
  size_t command_bytes = 0;
  Fingerprint fingerprint;
};

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_STATEMENT_CLASS_H_

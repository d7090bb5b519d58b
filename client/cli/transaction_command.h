// The SQL commands that begin, end and mark transactions.

#ifndef SLUICE_CLIENT_CLI_TRANSACTION_COMMAND_H_
#define SLUICE_CLIENT_CLI_TRANSACTION_COMMAND_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "sluice/client/transaction_options.h"

namespace sluice::cli {

// What is to be done to a transaction.
struct TransactionCommand {
  enum class Kind {
    kBegin,
    kCommit,
    kRollback,
    kSavepoint,
    kRollbackTo,
    kRelease,
  };
  Kind kind = Kind::kBegin;
  // Of the last three: the name as PostgreSQL reads it.
  std::string savepoint;
  // Of kBegin: what its modes say.
  client::TransactionOptions options;
};

// The command that `sql` is; nothing where it is anything else, the forms that
// no transaction of the gateway knows among them (AND CHAIN, PREPARED): what
// those are told is the gateway's to say.
//
// Forms: BEGIN and START TRANSACTION with their modes; COMMIT, END, ROLLBACK,
// ABORT; SAVEPOINT, ROLLBACK TO, RELEASE.
// https://www.postgresql.org/docs/15/sql-begin.html
absl::optional<TransactionCommand> ParseTransactionCommand(
    absl::string_view sql);

// What PostgreSQL calls a command that is done: "ROLLBACK".
absl::string_view CommandTag(TransactionCommand::Kind kind);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_TRANSACTION_COMMAND_H_

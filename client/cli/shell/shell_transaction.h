// The transaction of a shell: none, or the one that is open.

#ifndef SLUICE_CLIENT_CLI_SHELL_SHELL_TRANSACTION_H_
#define SLUICE_CLIENT_CLI_SHELL_SHELL_TRANSACTION_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "client/cli/open_transaction.h"
#include "client/cli/statement_call.h"
#include "client/cli/statement_runner.h"
#include "client/cli/transaction_command.h"

namespace sluice::cli {

// Carries out commands and tells what became of them: PostgreSQL's tags to the
// output, errors and warnings to standard error.
class ShellTransaction {
 public:
  // Lifetime: `caller` outlives it.
  explicit ShellTransaction(StatementCaller& caller) : caller_(caller) {}

  bool is_open() const { return transaction_.has_value(); }

  // What the prompt shows: "*" for one that is open, "!" for one that has
  // failed.
  absl::string_view mark() const;

  // Opens one; there must be none. Gives an exit status.
  int Begin(const client::TransactionOptions& transaction,
            const Options& options, const ScriptPlace& place);

  // Carries out a command that `options` has the text of. Gives an exit status.
  int Do(const TransactionCommand& command, const Options& options,
         const ScriptPlace& place, Output& output);

  // As OpenTransaction::Run; there must be one. The caller reports an error
  // by ReportError.
  absl::StatusOr<v1::ExecutionSummary> Run(const Options& options,
                                           ResultWriter& writer,
                                           const Output& output);

  // Tells an error of the transaction, and its end when it has ended with it.
  int ReportError(const absl::Status& error, const Options& options,
                  const ScriptPlace& place);

  // Rolls back what is open, and says so. Gives the exit status of a shell that
  // is left with `status`.
  int Leave(int status);

 private:
  int DoWithout(const TransactionCommand& command, const Options& options,
                const ScriptPlace& place, Output& output);
  int RefuseBegin(const TransactionCommand& command, const Options& options,
                  const ScriptPlace& place, Output& output);

  StatementCaller& caller_;
  absl::optional<OpenTransaction> transaction_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_SHELL_TRANSACTION_H_

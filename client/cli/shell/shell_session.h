// What a session of the shell is set to, and what it runs.

#ifndef SLUICE_CLIENT_CLI_SHELL_SHELL_SESSION_H_
#define SLUICE_CLIENT_CLI_SHELL_SHELL_SESSION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/shell/catalog_reader.h"
#include "client/cli/shell/row_collector.h"
#include "client/cli/shell/shell_transaction.h"
#include "client/cli/statement_call.h"
#include "client/cli/statement_runner.h"

namespace sluice::cli {

// By what call statements run.
enum class Access {
  // As the server classes the statement.
  kAsk,
  kRead,
  kWrite,
};

// Whether long output goes through a pager.
enum class Paging { kOff, kOn };

class ShellSession {
 public:
  // Lifetime: `caller` outlives it.
  ShellSession(StatementCaller& caller, Options options, Paging paging);
  ~ShellSession();

  const std::string& database() const { return options_.database; }
  Display& display() { return options_.display; }
  Access& access() { return access_; }
  bool& shows_timing() { return shows_timing_; }
  StatementCaller& caller() { return caller_; }
  absl::Duration timeout() const { return options_.timeout; }

  // Names for completion.
  const CompletionCatalog& FetchCatalog();

  // Goes on with another database.
  // Errors: NOT_FOUND where the gateway offers none of that name,
  // FAILED_PRECONDITION in a transaction.
  absl::Status Connect(const std::string& database);

  // Sends results to a file from now on; an empty path: back to the screen.
  // Errors: FAILED_PRECONDITION where it can't be opened.
  absl::Status SendTo(const std::string& path);

  // Runs a statement and prints what comes of it; the commands of transactions
  // are carried out. Gives an exit status.
  int RunStatement(const std::string& sql, const ScriptPlace& place);

  // Carries out a command of transactions. Gives an exit status.
  int RunCommand(const TransactionCommand& command, const ScriptPlace& place);

  // The transaction of `sluice tx`, which is all that it runs: opens it,
  // commits it at the end of a script that went well; whether it has ended.
  // Gives exit statuses.
  int BeginOnly();
  int CommitOnly();
  bool is_over() const {
    return options_.command == Command::kTransact && !transaction_.is_open();
  }

  // Rolls back what is open. Gives the exit status of a shell that is left with
  // `status`.
  int Leave(int status) { return transaction_.Leave(status); }

  const ShellTransaction& transaction() const { return transaction_; }

  // Runs a read of the shell's own and prints its rows.
  int PrintRows(absl::string_view sql,
                const std::vector<std::string>& parameters,
                const Display& display, Output& output);

  // The same, for the shell to look at. It prints the error, if any.
  int FetchRows(absl::string_view sql,
                const std::vector<std::string>& parameters, RowCollector& rows);

  // Where results go; to be closed by its end before anything else is printed.
  std::unique_ptr<Output> OpenOutput() const;

 private:
  enum class Call { kStream, kExecute, kInTransaction };
  using Summary = absl::StatusOr<v1::ExecutionSummary>;

  int RefuseBehindEnd(const ScriptPlace& place) const;
  // Whether the statement's class could be told; if not, the error is printed.
  bool ChooseCall(const Options& options, const ScriptPlace& place, Call& call);
  int ReportClosed(Output::State state) const;
  int Report(const Summary& summary, Call call, const Options& options,
             const ScriptPlace& place);
  Summary Make(Call call, const Options& options, ResultWriter& writer,
               const Output& output);
  // The shell's own reads see what the transaction does.
  Call CallOfRead() const {
    return transaction_.is_open() ? Call::kInTransaction : Call::kStream;
  }
  void PrintTiming(absl::Duration elapsed,
                   const v1::ExecutionSummary& summary) const;
  Options MakeOwnOptions(absl::string_view sql,
                         const std::vector<std::string>& parameters) const;

  StatementCaller& caller_;
  Options options_;
  const Paging paging_;
  CatalogReader catalog_;
  ShellTransaction transaction_;
  Access access_ = Access::kAsk;
  bool shows_timing_ = false;
  // Of SendTo(); -1: none.
  int file_ = -1;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_SHELL_SESSION_H_

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
  // Lifetime: `caller` and `interrupts` outlive it; without interrupts Ctrl-C
  // ends the process.
  ShellSession(StatementCaller& caller, const Interrupts* interrupts,
               Options options, Paging paging);
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
  // Errors: NOT_FOUND where the gateway offers none of that name.
  absl::Status Connect(const std::string& database);

  // Sends results to a file from now on; an empty path: back to the screen.
  // Errors: FAILED_PRECONDITION where it can't be opened.
  absl::Status SendTo(const std::string& path);

  // Runs a statement and prints what comes of it. Gives an exit status.
  int RunStatement(const std::string& sql, const ScriptPlace& place);

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
  enum class Call { kStream, kExecute };
  using Summary = absl::StatusOr<v1::ExecutionSummary>;

  // Whether the statement's class could be told; if not, the error is printed.
  bool ChooseCall(const Options& options, const ScriptPlace& place, Call& call);
  int ReportClosed(Output::State state) const;
  int Report(const Summary& summary, Call call, const Options& options,
             const ScriptPlace& place) const;
  void PrintTiming(absl::Duration elapsed,
                   const v1::ExecutionSummary& summary) const;
  Options MakeOwnOptions(absl::string_view sql,
                         const std::vector<std::string>& parameters) const;

  StatementCaller& caller_;
  const Interrupts* const interrupts_;
  Options options_;
  const Paging paging_;
  CatalogReader catalog_;
  Access access_ = Access::kAsk;
  bool shows_timing_ = false;
  // Of SendTo(); -1: none.
  int file_ = -1;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_SHELL_SESSION_H_

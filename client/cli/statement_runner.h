// Runs a statement and prints what comes of it.

#ifndef SLUICE_CLIENT_CLI_STATEMENT_RUNNER_H_
#define SLUICE_CLIENT_CLI_STATEMENT_RUNNER_H_

#include <string>

#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/result_writer.h"
#include "client/cli/statement_call.h"

namespace sluice::cli {

// Exit statuses of the command.
constexpr int kDone = 0;
constexpr int kCallFailed = 1;
constexpr int kWrongUsage = 2;
// What a shell gives a program that SIGPIPE ends.
constexpr int kReaderGone = 141;

// Where a statement stands, for messages; no line for one that was typed.
struct ScriptPlace {
  std::string file;
  int line = 0;
};

// "FILE:LINE: " for a statement of a script, else nothing.
std::string PlacePrefix(const ScriptPlace& place);

// Tells on standard error why a statement failed, with the line of its fault
// when it stands in a script.
void ReportError(const absl::Status& status, absl::string_view sql,
                 const ScriptPlace& place);

// The same, but for a call that Ctrl-C has ended, which needs no words. Gives
// the exit status.
int ReportCall(const absl::Status& status, const StatementCaller& caller,
               absl::string_view sql, const ScriptPlace& place);

// The exit status of what wrote to `output`; says so where it could not.
int ReportOutput(const Output& output);

// Runs the statement of `options`, by Execute for kExec and else by
// QueryStream. Rows go to `output`, errors and notices to standard error.
// Gives the exit status.
int RunAndPrint(StatementCaller& caller, const Options& options,
                const ScriptPlace& place, Output& output);

// Runs every statement of the script `path`, "-" being standard input, up to
// the first that fails.
int RunScript(StatementCaller& caller, Options options, const std::string& path,
              Output& output);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_STATEMENT_RUNNER_H_

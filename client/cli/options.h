// The command line of `sluice`.

#ifndef SLUICE_CLIENT_CLI_OPTIONS_H_
#define SLUICE_CLIENT_CLI_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/display.h"
#include "sluice/client/options.h"
#include "sluice/client/token_options.h"
#include "sluice/client/transaction_options.h"
#include "sluice/v1/admin.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

enum class Command {
  kQuery,
  kExec,
  kShell,
  kDescribe,
  kCapabilities,
  kTransact,
  kOutcome,
  kRun,
  kTokenIssue,
  kTokenInspect,
  kTokenRevoke,
  kAdminVersion,
  kAdminReload,
  kAdminActivity,
  kAdminCancel,
  kAdminHold,
  kAdminRelease,
  kTopology,
  kHelp,
  kVersion,
};

// Where the SQL comes from.
enum class SqlSource { kArgument, kFile, kStandardInput };

// What one run of the command is to do.
struct Options {
  Command command = Command::kHelp;
  // Of kHelp: the command to describe, or none for all.
  std::string help_topic;

  // Calls have no deadline but `timeout`, and are made once.
  client::ClientOptions connection = {.timeout = absl::InfiniteDuration(),
                                      .retry = {.max_attempts = 1}};
  // Of the commands that ask instances of the gateway: all of them.
  // `connection.address` is what the others connect to.
  std::vector<std::string> addresses;
  std::string database;
  SqlSource source = SqlSource::kStandardInput;
  // Of kFile.
  std::string script_file;
  // The one statement; of a script the one that is its turn.
  std::string sql;
  std::vector<v1::Value> parameters;
  // Of kDescribe: whether the plan is wanted.
  bool explain = false;
  Display display;
  // Of kTransact: how the transaction runs.
  client::TransactionOptions transaction;
  // Of kExec: makes the write exactly-once; empty: off.
  std::string request_id;
  // Of kExec: where a statement runs that turns out to be a read.
  v1::ReadRouting read_routing = v1::READ_ROUTING_UNSPECIFIED;
  // Of kExec and kTransact: whether to tell the reference of what was
  // committed.
  bool shows_reference = false;
  // Of kOutcome the reference, of kTokenInspect and kTokenRevoke the token, of
  // kAdminCancel the call, of kAdminHold, kAdminRelease and kTopology the
  // cluster.
  std::string operand;
  // Of kTopology: whether it is told again each second.
  bool watches = false;
  // Of kAdminHold: for how long at most; zero: as the gateway has it.
  absl::Duration hold_duration;
  // Of kTokenIssue: what is asked for, and whether to print nothing else.
  client::TokenOptions token;
  bool prints_raw = false;
  // Of kTokenRevoke, where it is more than one token of the app's own.
  v1::RevokeTokensRequest revocation;
  // Of kAdminActivity.
  v1::ListActivityRequest activity;
  // Infinite: the server's default deadline, or what IsServiceCommand's have.
  absl::Duration timeout = absl::InfiniteDuration();
  // 0: the server's limits.
  int64_t max_rows = 0;
  int64_t max_bytes = 0;
  int64_t max_value_bytes = 0;
  v1::LimitAction on_limit = v1::LIMIT_ACTION_UNSPECIFIED;
  // Of reads; unset: the database's default, or one's own writes in the shell.
  v1::Consistency consistency;
};

// Parses the arguments behind the program's name. What the command line does
// not say comes from the environment: SLUICE_ADDRESS, SLUICE_CA, SLUICE_CERT,
// SLUICE_KEY, SLUICE_DATABASE.
// Errors: INVALID_ARGUMENT with a sentence for the user.
absl::StatusOr<Options> ParseOptions(
    const std::vector<absl::string_view>& arguments,
    client::Environment environment);

// Parses options of a transaction, divided by blanks: "--isolation serializable
// --read-only".
// Errors: INVALID_ARGUMENT with a sentence for the user.
absl::StatusOr<client::TransactionOptions> ParseTransactionOptions(
    absl::string_view text);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_OPTIONS_H_

#include "client/cli/option_use.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice::cli {
namespace {

using Commands = std::initializer_list<Command>;

constexpr Commands kWithoutRows = {
    Command::kDescribe,     Command::kCapabilities, Command::kOutcome,
    Command::kTokenIssue,   Command::kTokenInspect, Command::kTokenRevoke,
    Command::kAdminVersion, Command::kAdminReload,  Command::kAdminActivity,
    Command::kAdminCancel,  Command::kAdminHold,    Command::kAdminRelease,
    Command::kTopology};
constexpr Commands kWithoutDatabase = {
    Command::kCapabilities,  Command::kTokenIssue,   Command::kTokenInspect,
    Command::kTokenRevoke,   Command::kAdminVersion, Command::kAdminReload,
    Command::kAdminActivity, Command::kAdminCancel,  Command::kAdminHold,
    Command::kAdminRelease,  Command::kTopology};
constexpr Commands kWithParameters = {Command::kQuery, Command::kExec,
                                      Command::kDescribe};
constexpr Commands kWithReference = {Command::kExec, Command::kTransact,
                                     Command::kRun};

bool IsOneOf(Command command, Commands commands) {
  return std::find(commands.begin(), commands.end(), command) != commands.end();
}

absl::Status UsageError(absl::string_view message) {
  return absl::InvalidArgumentError(message);
}

absl::Status CheckTokenUse(const Options& options) {
  const Command command = options.command;
  const bool has_wishes = !options.token.scopes.empty() ||
                          options.token.ttl != absl::ZeroDuration() ||
                          options.prints_raw;
  if (has_wishes && command != Command::kTokenIssue) {
    return UsageError("--ttl, --scope and --raw go with token issue");
  }
  const bool has_target = options.revocation.target_case() !=
                          v1::RevokeTokensRequest::TARGET_NOT_SET;
  if (has_target && command != Command::kTokenRevoke) {
    return UsageError(
        "--app, --token-id, --certificate and --key-id go with token "
        "revoke, and --app with admin activity");
  }
  if (has_target && !options.operand.empty()) {
    return UsageError("both a token and an option that says what to revoke");
  }
  if (!options.revocation.reason().empty() && !has_target) {
    return UsageError(
        "--reason goes with --app, --token-id, --certificate and --key-id");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUse(const Options& options) {
  const Format format = options.display.format;
  const bool has_rows = !IsOneOf(options.command, kWithoutRows);
  if (!has_rows && format != Format::kTable && format != Format::kJson) {
    return UsageError(
        "--format csv and the like are for rows; use table or json");
  }
  if (!has_rows && !options.script_file.empty()) {
    return UsageError("--file goes with shell, tx, query, exec and run");
  }
  if (!options.parameters.empty() &&
      !IsOneOf(options.command, kWithParameters)) {
    return UsageError("parameters go with query, exec and describe");
  }
  if (options.explain && options.command != Command::kDescribe) {
    return UsageError("--explain goes with describe");
  }
  if (!options.request_id.empty() && options.command != Command::kExec) {
    return UsageError("--request-id goes with exec");
  }
  if (!options.request_id.empty() && options.source != SqlSource::kArgument) {
    return UsageError(
        "--request-id goes with one statement, not with a script");
  }
  if (options.read_routing != v1::READ_ROUTING_UNSPECIFIED &&
      options.command != Command::kExec) {
    return UsageError("--read-routing goes with exec");
  }
  if (options.shows_reference && !IsOneOf(options.command, kWithReference)) {
    return UsageError("--reference goes with exec, tx and run");
  }
  if (options.consistency.level_case() != v1::Consistency::LEVEL_NOT_SET &&
      options.command != Command::kQuery &&
      options.command != Command::kShell &&
      options.read_routing != v1::READ_ROUTING_AUTO) {
    return UsageError(
        "--consistency goes with query, shell and exec --read-routing auto");
  }
  if (options.watches && options.command != Command::kTopology) {
    return UsageError("--watch goes with topology");
  }
  if (options.hold_duration != absl::ZeroDuration() &&
      options.command != Command::kAdminHold) {
    return UsageError("--duration goes with admin hold");
  }
  return CheckTokenUse(options);
}

bool NeedsDatabase(Command command) {
  return !IsOneOf(command, kWithoutDatabase);
}

}  // namespace sluice::cli

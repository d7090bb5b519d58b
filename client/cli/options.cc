// Parses `sluice COMMAND [OPTION]... SQL` by the table of option_rules.

#include "client/cli/options.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "client/cli/address_list.h"
#include "client/cli/command_names.h"
#include "client/cli/option_rules.h"
#include "client/cli/option_use.h"

namespace sluice::cli {
namespace {

absl::Status UsageError(absl::string_view message) {
  return absl::InvalidArgumentError(message);
}

absl::Status Set(std::string& option, absl::string_view value) {
  option = std::string(value);
  return absl::OkStatus();
}

// "--name", "--name=VALUE" or "-n"; neither "-", which is standard input, nor
// SQL that begins with a comment.
bool LooksLikeOption(absl::string_view argument) {
  if (!absl::ConsumePrefix(&argument, "-")) return false;
  absl::ConsumePrefix(&argument, "-");
  return !argument.empty() && absl::ascii_isalpha(argument[0]);
}

// Which options count: those of the command, or those of a transaction alone.
enum class Scope { kCommand, kTransaction };

// Reads the arguments of a command from left to right.
class ArgumentReader {
 public:
  ArgumentReader(const std::vector<absl::string_view>& arguments, size_t next,
                 Scope scope, Options& options)
      : arguments_(arguments), next_(next), scope_(scope), options_(options) {}

  absl::Status ReadAll() {
    while (next_ < arguments_.size()) {
      const absl::string_view argument = arguments_[next_++];
      if (argument == "--" && !options_end_) {
        options_end_ = true;
        continue;
      }
      const bool is_option = !options_end_ && LooksLikeOption(argument);
      absl::Status status =
          is_option ? ReadOption(argument) : ReadOperand(argument);
      if (!status.ok()) return status;
    }
    return CheckOperand();
  }

 private:
  absl::Status CheckOperand() const {
    switch (options_.command) {
      case Command::kDescribe:
        if (!has_operand_) return UsageError("no SQL given");
        break;
      case Command::kOutcome:
        if (!has_operand_) return UsageError("no reference given");
        break;
      case Command::kAdminCancel:
        if (!has_operand_) return UsageError("no call given");
        break;
      case Command::kAdminHold:
      case Command::kAdminRelease:
        if (!has_operand_) return UsageError("no cluster given");
        break;
      case Command::kTokenIssue:
      case Command::kAdminVersion:
      case Command::kAdminReload:
      case Command::kAdminActivity:
        if (has_operand_) return UsageError("this command takes options alone");
        break;
      case Command::kCapabilities:
      case Command::kShell:
      case Command::kTransact:
      case Command::kRun:
        if (has_operand_) return UsageError("this command takes no SQL");
        break;
      default:
        break;
    }
    if (has_operand_ && !options_.script_file.empty()) {
      return UsageError("both SQL and a file given");
    }
    return absl::OkStatus();
  }

  // Whether the command is about something else than SQL.
  bool TakesOperand() const {
    return options_.command == Command::kOutcome ||
           options_.command == Command::kTokenInspect ||
           options_.command == Command::kTokenRevoke ||
           options_.command == Command::kAdminCancel ||
           options_.command == Command::kAdminHold ||
           options_.command == Command::kAdminRelease ||
           options_.command == Command::kTopology;
  }

  // The SQL, or the operand.
  absl::Status ReadOperand(absl::string_view argument) {
    if (has_operand_ && TakesOperand()) {
      return UsageError("more than one argument given");
    }
    if (has_operand_) {
      return UsageError(
          "more than one SQL text given; quote the statement for the shell");
    }
    has_operand_ = true;
    if (TakesOperand()) return Set(options_.operand, argument);
    if (argument == "-") return absl::OkStatus();
    options_.source = SqlSource::kArgument;
    return Set(options_.sql, argument);
  }

  absl::StatusOr<const OptionRule*> FindRule(absl::string_view name) const {
    const OptionRule* const of_transaction = FindTransactionRule(name);
    const bool is_transaction =
        options_.command == Command::kTransact || scope_ == Scope::kTransaction;
    if (of_transaction != nullptr && is_transaction) return of_transaction;
    if (scope_ == Scope::kCommand) {
      const OptionRule* const rule = FindOptionRule(name);
      if (rule != nullptr) return rule;
    }
    if (of_transaction != nullptr) {
      return UsageError(absl::StrCat(name, " goes with tx"));
    }
    return UsageError(absl::StrCat("unknown option ", name));
  }

  // --name, --name VALUE or --name=VALUE.
  absl::Status ReadOption(absl::string_view argument) {
    const size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    absl::optional<absl::string_view> value;
    if (equals != absl::string_view::npos) value = argument.substr(equals + 1);
    const absl::StatusOr<const OptionRule*> found = FindRule(name);
    if (!found.ok()) return found.status();
    const OptionRule* const rule = *found;
    if (rule->argument == OptionArgument::kNone && value.has_value()) {
      return UsageError(absl::StrCat(name, " takes no value"));
    }
    if (rule->argument == OptionArgument::kRequired && !value.has_value()) {
      if (next_ == arguments_.size()) {
        return UsageError(absl::StrCat(name, " needs a value"));
      }
      value = arguments_[next_++];
    }
    return rule->apply(value.value_or(absl::string_view()), options_);
  }

  const std::vector<absl::string_view>& arguments_;
  size_t next_;
  const Scope scope_;
  Options& options_;
  bool options_end_ = false;
  bool has_operand_ = false;
};

absl::Status TakeFromEnvironment(client::Environment environment,
                                 Options& options) {
  const struct {
    absl::string_view option;
    const char* variable;
    std::string& value;
  } settings[] = {
      {"--address", "SLUICE_ADDRESS", options.connection.address},
      {"--ca", "SLUICE_CA", options.connection.ca_file},
      {"--cert", "SLUICE_CERT", options.connection.certificate_file},
      {"--key", "SLUICE_KEY", options.connection.key_file},
      {"--database", "SLUICE_DATABASE", options.database},
  };
  for (const auto& setting : settings) {
    if (setting.option == "--database" && !NeedsDatabase(options.command)) {
      continue;
    }
    const char* value = environment(setting.variable);
    if (setting.value.empty() && value != nullptr) setting.value = value;
    if (setting.value.empty()) {
      return UsageError(absl::StrCat(setting.option, " is not given, nor is ",
                                     setting.variable, " set"));
    }
  }
  return absl::OkStatus();
}

// Tells apart what `--address` names.
absl::Status TakeAddresses(Options& options) {
  std::string& given = options.connection.address;
  absl::StatusOr<std::vector<std::string>> addresses = SplitAddresses(given);
  if (!addresses.ok()) {
    return UsageError(
        absl::StrCat("--address: ", addresses.status().message()));
  }
  if (addresses->size() > 1 && options.command == Command::kAdminCancel) {
    return UsageError(
        "a call is one of one instance: give its address alone, by --address");
  }
  given = OneTarget(given);
  options.addresses = *std::move(addresses);
  return absl::OkStatus();
}

bool AsksForHelp(absl::string_view argument) {
  return argument == "--help" || argument == "-h";
}

// Those that stand without a command.
bool IsGlobalOption(absl::string_view argument) {
  return AsksForHelp(argument) || argument == "--version";
}

}  // namespace

absl::StatusOr<Options> ParseOptions(
    const std::vector<absl::string_view>& arguments,
    client::Environment environment) {
  Options options;
  const bool names_command =
      !arguments.empty() &&
      (IsGlobalOption(arguments[0]) || !LooksLikeOption(arguments[0]));
  const absl::string_view command = names_command ? arguments[0] : "shell";
  if (command == "--version") {
    options.command = Command::kVersion;
    return options;
  }
  if (AsksForHelp(command)) return options;
  if (command == "help") {
    if (arguments.size() > 1) options.help_topic = std::string(arguments[1]);
    return options;
  }
  if (arguments.size() > 1 && AsksForHelp(arguments[1])) {
    options.help_topic = std::string(command);
    return options;
  }
  size_t word_count = 0;
  options.command = Command::kShell;
  if (names_command) {
    const absl::StatusOr<NamedCommand> found = FindCommand(arguments);
    if (!found.ok()) return found.status();
    options.command = found->command;
    word_count = found->word_count;
  }
  if (word_count == 2 && arguments.size() > 2 && AsksForHelp(arguments[2])) {
    options.command = Command::kHelp;
    options.help_topic = std::string(command);
    return options;
  }
  absl::Status status =
      ArgumentReader(arguments, word_count, Scope::kCommand, options).ReadAll();
  if (status.ok()) status = CheckUse(options);
  if (status.ok()) status = TakeFromEnvironment(environment, options);
  if (status.ok()) status = TakeAddresses(options);
  if (!status.ok()) return status;
  return options;
}

absl::StatusOr<client::TransactionOptions> ParseTransactionOptions(
    absl::string_view text) {
  const std::vector<absl::string_view> arguments =
      absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  Options options;
  options.command = Command::kTransact;
  absl::Status status =
      ArgumentReader(arguments, 0, Scope::kTransaction, options).ReadAll();
  if (!status.ok()) return status;
  return options.transaction;
}

}  // namespace sluice::cli

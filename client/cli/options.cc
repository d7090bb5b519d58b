// Parses `sluice COMMAND [OPTION]... SQL` by a table of options.

#include "client/cli/options.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "client/cli/parameters.h"

namespace sluice::cli {
namespace {

absl::Status UsageError(absl::string_view message) {
  return absl::InvalidArgumentError(message);
}

absl::Status AddParameter(absl::StatusOr<v1::Value> value, Options& options) {
  if (!value.ok()) return value.status();
  options.parameters.push_back(*std::move(value));
  return absl::OkStatus();
}

absl::Status SetFormat(absl::string_view name, Options& options) {
  const absl::optional<Format> format = ParseFormat(name);
  if (!format.has_value()) {
    return UsageError("--format takes table, expanded, csv, json or jsonl");
  }
  options.display.format = *format;
  return absl::OkStatus();
}

absl::Status SetFile(absl::string_view path, Options& options) {
  options.source = path == "-" ? SqlSource::kStandardInput : SqlSource::kFile;
  options.script_file = std::string(path);
  return absl::OkStatus();
}

absl::Status SetTimeout(absl::string_view text, Options& options) {
  if (!absl::ParseDuration(text, &options.timeout) ||
      options.timeout <= absl::ZeroDuration()) {
    return UsageError("--timeout takes a duration such as 30s or 1m30s");
  }
  return absl::OkStatus();
}

absl::Status SetLimit(absl::string_view name, absl::string_view text,
                      int64_t& limit) {
  if (!absl::SimpleAtoi(text, &limit) || limit <= 0) {
    return UsageError(absl::StrCat(name, " takes a whole number from 1"));
  }
  return absl::OkStatus();
}

absl::Status Set(std::string& option, absl::string_view value) {
  option = std::string(value);
  return absl::OkStatus();
}

enum class Argument { kNone, kRequired };

struct OptionRule {
  absl::string_view name;
  Argument argument;
  absl::Status (*apply)(absl::string_view value, Options& options);
};

constexpr OptionRule kRules[] = {
    {"--address", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.connection.address, value);
     }},
    {"--ca", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.connection.ca_file, value);
     }},
    {"--cert", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.connection.certificate_file, value);
     }},
    {"--database", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.database, value);
     }},
    {"--explain", Argument::kNone,
     [](absl::string_view, Options& options) {
       options.explain = true;
       return absl::OkStatus();
     }},
    {"--file", Argument::kRequired, SetFile},
    {"--format", Argument::kRequired, SetFormat},
    {"--key", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.connection.key_file, value);
     }},
    {"--max-bytes", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetLimit("--max-bytes", value, options.max_bytes);
     }},
    {"--max-rows", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetLimit("--max-rows", value, options.max_rows);
     }},
    {"--max-value-bytes", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return SetLimit("--max-value-bytes", value, options.max_value_bytes);
     }},
    {"--null", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.display.null_text, value);
     }},
    {"--null-param", Argument::kNone,
     [](absl::string_view, Options& options) {
       return AddParameter(MakeNullParameter(), options);
     }},
    {"--param", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return AddParameter(MakeTextParameter(value), options);
     }},
    {"--server-name", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return Set(options.connection.server_name, value);
     }},
    {"--timeout", Argument::kRequired, SetTimeout},
    {"--truncate", Argument::kNone,
     [](absl::string_view, Options& options) {
       options.on_limit = v1::LIMIT_ACTION_TRUNCATE;
       return absl::OkStatus();
     }},
    {"--typed-param", Argument::kRequired,
     [](absl::string_view value, Options& options) {
       return AddParameter(MakeTypedParameter(value), options);
     }},
};

const OptionRule* FindRule(absl::string_view name) {
  if (name == "-d") name = "--database";
  if (name == "-f") name = "--file";
  for (const OptionRule& rule : kRules) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

// "--name", "--name=VALUE" or "-n"; neither "-", which is standard input, nor
// SQL that begins with a comment.
bool LooksLikeOption(absl::string_view argument) {
  if (!absl::ConsumePrefix(&argument, "-")) return false;
  absl::ConsumePrefix(&argument, "-");
  return !argument.empty() && absl::ascii_isalpha(argument[0]);
}

// Reads the arguments of a command from left to right.
class ArgumentReader {
 public:
  ArgumentReader(const std::vector<absl::string_view>& arguments, size_t next,
                 Options& options)
      : arguments_(arguments), next_(next), options_(options) {}

  absl::Status ReadAll() {
    while (next_ < arguments_.size()) {
      const absl::string_view argument = arguments_[next_++];
      if (argument == "--" && !options_end_) {
        options_end_ = true;
        continue;
      }
      const bool is_option = !options_end_ && LooksLikeOption(argument);
      absl::Status status =
          is_option ? ReadOption(argument) : ReadSql(argument);
      if (!status.ok()) return status;
    }
    const bool wants_sql = options_.command != Command::kCapabilities &&
                           options_.command != Command::kShell;
    if (options_.command == Command::kDescribe && !has_sql_) {
      return UsageError("no SQL given");
    }
    if (!wants_sql && has_sql_) return UsageError("this command takes no SQL");
    if (has_sql_ && !options_.script_file.empty()) {
      return UsageError("both SQL and a file given");
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadSql(absl::string_view argument) {
    if (has_sql_) {
      return UsageError(
          "more than one SQL text given; quote the statement for the shell");
    }
    has_sql_ = true;
    if (argument == "-") return absl::OkStatus();
    options_.source = SqlSource::kArgument;
    return Set(options_.sql, argument);
  }

  // --name, --name VALUE or --name=VALUE.
  absl::Status ReadOption(absl::string_view argument) {
    const size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    absl::optional<absl::string_view> value;
    if (equals != absl::string_view::npos) value = argument.substr(equals + 1);
    const OptionRule* rule = FindRule(name);
    if (rule == nullptr) {
      return UsageError(absl::StrCat("unknown option ", name));
    }
    if (rule->argument == Argument::kNone && value.has_value()) {
      return UsageError(absl::StrCat(name, " takes no value"));
    }
    if (rule->argument == Argument::kRequired && !value.has_value()) {
      if (next_ == arguments_.size()) {
        return UsageError(absl::StrCat(name, " needs a value"));
      }
      value = arguments_[next_++];
    }
    return rule->apply(value.value_or(absl::string_view()), options_);
  }

  const std::vector<absl::string_view>& arguments_;
  size_t next_;
  Options& options_;
  bool options_end_ = false;
  bool has_sql_ = false;
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
    if (options.command == Command::kCapabilities &&
        setting.option == "--database") {
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

absl::optional<Command> FindCommand(absl::string_view name) {
  if (name == "query") return Command::kQuery;
  if (name == "exec") return Command::kExec;
  if (name == "shell") return Command::kShell;
  if (name == "describe") return Command::kDescribe;
  if (name == "capabilities") return Command::kCapabilities;
  return absl::nullopt;
}

// Options that the command has no use for.
absl::Status CheckUse(const Options& options) {
  const bool inquires = options.command == Command::kDescribe ||
                        options.command == Command::kCapabilities;
  const Format format = options.display.format;
  if (inquires && format != Format::kTable && format != Format::kJson) {
    return UsageError(
        "--format csv and the like are for rows; use table or json");
  }
  if (inquires && !options.script_file.empty()) {
    return UsageError("--file goes with shell, query and exec");
  }
  if (options.command == Command::kShell && !options.parameters.empty()) {
    return UsageError("parameters go with query, exec and describe");
  }
  if (options.explain && options.command != Command::kDescribe) {
    return UsageError("--explain goes with describe");
  }
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
  const absl::optional<Command> found = FindCommand(command);
  if (!found.has_value()) {
    return UsageError(absl::StrCat("unknown command ", command));
  }
  options.command = *found;
  if (arguments.size() > 1 && AsksForHelp(arguments[1])) {
    options.command = Command::kHelp;
    options.help_topic = std::string(command);
    return options;
  }
  absl::Status status =
      ArgumentReader(arguments, names_command ? 1 : 0, options).ReadAll();
  if (status.ok()) status = CheckUse(options);
  if (status.ok()) status = TakeFromEnvironment(environment, options);
  if (!status.ok()) return status;
  return options;
}

}  // namespace sluice::cli

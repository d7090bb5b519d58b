// `sluice`: runs SQL through the gateway and prints what comes back.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/display_text.h"
#include "client/cli/error_report.h"
#include "client/cli/help.h"
#include "client/cli/inquiry_call.h"
#include "client/cli/instance_report.h"
#include "client/cli/operator_program.h"
#include "client/cli/options.h"
#include "client/cli/outcome_text.h"
#include "client/cli/output.h"
#include "client/cli/service_call.h"
#include "client/cli/shell/shell.h"
#include "client/cli/statement_call.h"
#include "client/cli/statement_runner.h"
#include "client/cli/transaction_file.h"
#include "sluice/client/channel.h"
#include "sluice/client/client.h"

namespace sluice::cli {
namespace {

int ReportWrongUsage(absl::string_view message) {
  std::cerr << "sluice: " << message << "\nTry: sluice --help\n";
  return kWrongUsage;
}

int Print(absl::string_view text) {
  FileOutput output(STDOUT_FILENO);
  output.Write(text);
  return ReportOutput(output);
}

absl::StatusOr<client::Client> OpenClient(const Options& options) {
  client::ClientOptions connection = options.connection;
  connection.database = options.database;
  const auto channel = client::OpenChannel(connection);
  if (!channel.ok()) return channel.status();
  return client::Client(*channel, std::move(connection));
}

int RunStatements(const Options& options) {
  const bool reads_input = options.source == SqlSource::kStandardInput;
  if (reads_input && isatty(STDIN_FILENO) != 0) {
    return ReportWrongUsage("no SQL given");
  }
  const auto client = OpenClient(options);
  if (!client.ok()) return ReportWrongUsage(client.status().message());
  StatementCaller caller(*client, /*interrupts=*/nullptr);
  FileOutput output(STDOUT_FILENO);
  switch (options.source) {
    case SqlSource::kArgument:
      break;
    case SqlSource::kFile:
      return RunScript(caller, options, options.script_file, output);
    case SqlSource::kStandardInput:
      return RunScript(caller, options, "-", output);
  }
  return RunAndPrint(caller, options, /*place=*/{}, output);
}

int InquireAndPrint(Options options) {
  if (options.source == SqlSource::kStandardInput &&
      options.command == Command::kDescribe) {
    options.sql.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  if (!IsUtf8(options.sql)) return ReportWrongUsage("the SQL is not UTF-8");
  const auto client = OpenClient(options);
  if (!client.ok()) return ReportWrongUsage(client.status().message());
  const absl::StatusOr<std::string> answer = Inquire(*client, options);
  if (answer.ok()) return Print(*answer);
  std::cerr << DescribeError(answer.status(), options.sql);
  return kCallFailed;
}

// Secrets do not belong on a command line, which every user may read.
bool ReadsOperand(const Options& options) {
  const bool is_about_token = options.command == Command::kTokenInspect ||
                              (options.command == Command::kTokenRevoke &&
                               options.revocation.target_case() ==
                                   v1::RevokeTokensRequest::TARGET_NOT_SET);
  return is_about_token && (options.operand.empty() || options.operand == "-");
}

// Until Ctrl-C; at a terminal each answer takes the place of the one before.
int WatchAndPrint(const Options& options) {
  constexpr absl::string_view kHomeAndClear = "\033[H\033[J";
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  int printed = kDone;
  const absl::Status watched =
      WatchService(options, [&](const ServiceReport& report) {
        const std::string text = absl::StrCat(report.text, report.errors);
        printed = Print(is_terminal ? absl::StrCat(kHomeAndClear, text) : text);
        return printed == kDone;
      });
  if (watched.ok()) return printed;
  std::cerr << DescribeError(watched, /*sql=*/"");
  return kCallFailed;
}

int CallServiceAndPrint(Options options) {
  if (ReadsOperand(options)) {
    const std::string input(std::istreambuf_iterator<char>(std::cin), {});
    options.operand = std::string(absl::StripAsciiWhitespace(input));
    if (options.operand.empty()) return ReportWrongUsage("no token given");
  }
  if (options.watches) return WatchAndPrint(options);
  const ServiceReport report = CallService(options);
  const int printed = report.text.empty() ? kDone : Print(report.text);
  std::cerr << report.errors;
  return report.errors.empty() ? printed : kCallFailed;
}

int TellOutcome(const Options& options) {
  const auto client = OpenClient(options);
  if (!client.ok()) return ReportWrongUsage(client.status().message());
  const absl::StatusOr<v1::TransactionOutcome> outcome =
      client->GetTransactionOutcome(options.operand,
                                    {.timeout = options.timeout});
  if (!outcome.ok()) {
    std::cerr << DescribeError(outcome.status(), /*sql=*/"");
    return kCallFailed;
  }
  const int printed = Print(FormatOutcome(*outcome, options.display.format));
  return printed == kDone ? OutcomeExitStatus(*outcome) : printed;
}

// Tells the results of the steps one after the other.
int PrintTransaction(const client::TransactionResult& result,
                     const Options& options) {
  FileOutput output(STDOUT_FILENO);
  for (size_t i = 0; i < result.size(); ++i) {
    const auto writer = MakeResultWriter(options.display, output);
    WriteResult(result[i].rows, *writer);
  }
  std::cerr << DescribeNotices(result.summary());
  if (options.shows_reference) {
    std::cerr << DescribeReference(result.summary().outcome_reference());
  }
  return ReportOutput(output);
}

int RunTransactionFile(const Options& options) {
  const bool is_file = options.source == SqlSource::kFile;
  if (!is_file && isatty(STDIN_FILENO) != 0) {
    return ReportWrongUsage("no transaction given");
  }
  const auto json = ReadWholeFile(is_file ? options.script_file : "-");
  if (!json.ok()) return ReportWrongUsage(json.status().message());
  auto request = ParseTransaction(*json);
  if (!request.ok()) return ReportWrongUsage(request.status().message());
  const auto client = OpenClient(options);
  if (!client.ok()) return ReportWrongUsage(client.status().message());
  const auto result =
      client->RunTransaction(*std::move(request), {.timeout = options.timeout});
  if (result.ok()) return PrintTransaction(*result, options);
  std::cerr << DescribeError(result.status(), /*sql=*/"");
  return kCallFailed;
}

int OpenShell(const Options& options) {
  const auto client = OpenClient(options);
  if (!client.ok()) return ReportWrongUsage(client.status().message());
  return RunShell(*client, options);
}

int Run(const std::vector<absl::string_view>& arguments) {
  if (!arguments.empty() && IsOperatorCommand(arguments[0])) {
    return ReportWrongUsage(RunOperatorProgram(arguments));
  }
  const absl::StatusOr<Options> options = ParseOptions(
      arguments, [](const char* name) { return std::getenv(name); });
  if (!options.ok()) return ReportWrongUsage(options.status().message());
  if (IsServiceCommand(options->command)) return CallServiceAndPrint(*options);
  switch (options->command) {
    case Command::kHelp:
      if (IsOperatorCommand(options->help_topic)) {
        return ReportWrongUsage(
            RunOperatorProgram({options->help_topic, "--help"}));
      }
      return Print(HelpText(options->help_topic));
    case Command::kVersion:
      return Print(VersionText());
    case Command::kShell:
    case Command::kTransact:
      return OpenShell(*options);
    case Command::kRun:
      return RunTransactionFile(*options);
    case Command::kOutcome:
      return TellOutcome(*options);
    case Command::kDescribe:
    case Command::kCapabilities:
      return InquireAndPrint(*options);
    default:
      break;
  }
  return RunStatements(*options);
}

}  // namespace
}  // namespace sluice::cli

int main(int argc, char** argv) {
  // gRPC's own log would tell each failure twice; who wants it sets this.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  // A reader that goes away cancels the call in good order.
  std::signal(SIGPIPE, SIG_IGN);
  return sluice::cli::Run({argv + 1, argv + argc});
}

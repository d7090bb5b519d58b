// `sluice`: runs one statement through the gateway and prints what came back.

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/channel.h"
#include "client/cli/display_text.h"
#include "client/cli/error_report.h"
#include "client/cli/format_csv.h"
#include "client/cli/format_json.h"
#include "client/cli/format_table.h"
#include "client/cli/help.h"
#include "client/cli/inquiry_call.h"
#include "client/cli/options.h"
#include "client/cli/result_view.h"
#include "client/cli/statement_call.h"

namespace sluice::cli {
namespace {

constexpr int kDone = 0;
constexpr int kCallFailed = 1;
constexpr int kWrongUsage = 2;

int Print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
      std::fflush(stdout) == 0) {
    return kDone;
  }
  std::cerr << "ERROR:  the output can't be written\n";
  return kCallFailed;
}

int ReportWrongUsage(absl::string_view message) {
  std::cerr << "sluice: " << message << "\nTry: sluice --help\n";
  return kWrongUsage;
}

// The command tag, where psql prints it: without rows, and behind the rows
// that a write returns.
std::string TagLine(const ResultView& result, const std::string& tag) {
  const bool is_write =
      absl::StartsWith(tag, "INSERT") || absl::StartsWith(tag, "UPDATE") ||
      absl::StartsWith(tag, "DELETE") || absl::StartsWith(tag, "MERGE");
  if (tag.empty() || (result.ReturnsRows() && !is_write)) return "";
  return absl::StrCat(tag, "\n");
}

// CSV holds rows alone: nothing is printed for a statement that has none by
// nature. JSON is an array in any case.
std::string FormatResult(const ResultView& result, const std::string& tag,
                         Format format) {
  switch (format) {
    case Format::kJson:
      return FormatJson(result);
    case Format::kCsv:
      return result.ReturnsRows() ? FormatCsv(result) : "";
    case Format::kTable:
      break;
  }
  return absl::StrCat(result.ReturnsRows() ? FormatTable(result) : "",
                      TagLine(result, tag));
}

int RunAndPrint(const Options& options) {
  const auto channel = MakeChannel(options.channel);
  if (!channel.ok()) {
    return ReportWrongUsage(channel.status().message());
  }
  const auto stub = v1::Database::NewStub(*channel);
  const Outcome outcome = RunStatement(*stub, options);
  if (!outcome.status.ok()) {
    std::cerr << DescribeError(outcome.status, options.sql);
    return kCallFailed;
  }
  std::cerr << DescribeNotices(outcome.summary);
  const auto result = ResultView::Make(outcome.result_set);
  if (!result.ok()) {
    std::cerr << "ERROR:  " << result.status().message() << "\n";
    return kCallFailed;
  }
  return Print(
      FormatResult(*result, outcome.summary.command_tag(), options.format));
}

int InquireAndPrint(const Options& options) {
  const auto channel = MakeChannel(options.channel);
  if (!channel.ok()) {
    return ReportWrongUsage(channel.status().message());
  }
  const auto stub = v1::Database::NewStub(*channel);
  const Answer answer = Inquire(*stub, options);
  if (answer.status.ok()) return Print(answer.text);
  std::cerr << DescribeError(answer.status, options.sql);
  return kCallFailed;
}

int Run(const std::vector<absl::string_view>& arguments) {
  absl::StatusOr<Options> options = ParseOptions(
      arguments, [](const char* name) { return std::getenv(name); });
  if (!options.ok()) return ReportWrongUsage(options.status().message());
  if (options->command == Command::kHelp) {
    return Print(HelpText(options->help_topic));
  }
  if (options->command == Command::kVersion) return Print(VersionText());
  if (options->sql == "-") {
    options->sql.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  if (!IsUtf8(options->sql)) return ReportWrongUsage("the SQL is not UTF-8");
  if (options->command == Command::kDescribe ||
      options->command == Command::kCapabilities) {
    return InquireAndPrint(*options);
  }
  return RunAndPrint(*options);
}

}  // namespace
}  // namespace sluice::cli

int main(int argc, char** argv) {
  // gRPC's own log would tell each failure twice; who wants it sets this.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return sluice::cli::Run({argv + 1, argv + argc});
}

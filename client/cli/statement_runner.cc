#include "client/cli/statement_runner.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/display_text.h"
#include "client/cli/error_report.h"
#include "client/cli/script_reader.h"

namespace sluice::cli {
namespace {

int ReportWrongText(absl::string_view message, const ScriptPlace& place) {
  std::cerr << "sluice: ";
  if (place.line > 0) std::cerr << place.file << ":" << place.line << ": ";
  std::cerr << message << "\n";
  return kWrongUsage;
}

}  // namespace

void ReportError(const absl::Status& status, absl::string_view sql,
                 const ScriptPlace& place) {
  if (place.line > 0) {
    const int line = place.line + LinesBeforeFault(status, sql);
    std::cerr << place.file << ":" << line << ": ";
  }
  std::cerr << DescribeError(status, sql);
}

int ReportOutput(const Output& output) {
  switch (output.state()) {
    case Output::State::kOpen:
      return kDone;
    case Output::State::kClosedByReader:
      return kReaderGone;
    case Output::State::kFailed:
      break;
  }
  std::cerr << "ERROR:  the output can't be written\n";
  return kCallFailed;
}

int RunAndPrint(StatementCaller& caller, const Options& options,
                const ScriptPlace& place, Output& output) {
  if (!IsUtf8(options.sql)) {
    return ReportWrongText("the SQL is not UTF-8", place);
  }
  const auto writer = MakeResultWriter(options.display, output);
  const absl::StatusOr<v1::ExecutionSummary> summary =
      options.command == Command::kExec
          ? caller.Execute(options, *writer)
          : caller.Stream(options, *writer, output);
  if (!output.is_open()) return ReportOutput(output);
  if (!summary.ok()) {
    ReportError(summary.status(), options.sql, place);
    return kCallFailed;
  }
  std::cerr << DescribeNotices(*summary);
  return kDone;
}

int RunScript(StatementCaller& caller, Options options, const std::string& path,
              Output& output) {
  auto reader =
      ScriptReader::Open(path, StatementSplitter::Backslash::kPlainText);
  if (!reader.ok()) return ReportWrongText(reader.status().message(), {});
  for (int statement_count = 0;; ++statement_count) {
    auto item = reader->Next();
    if (!item.ok()) return ReportWrongText(item.status().message(), {});
    if (!item->has_value()) {
      if (statement_count > 0) return kDone;
      return ReportWrongText(absl::StrCat("no SQL in ", reader->name()), {});
    }
    options.sql = std::move((*item)->text);
    const int status =
        RunAndPrint(caller, options,
                    {.file = reader->name(), .line = (*item)->line}, output);
    if (status != kDone) return status;
  }
}

}  // namespace sluice::cli

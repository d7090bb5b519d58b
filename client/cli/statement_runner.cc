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
  std::cerr << "sluice: " << PlacePrefix(place) << message << "\n";
  return kWrongUsage;
}

}  // namespace

std::string PlacePrefix(const ScriptPlace& place) {
  if (place.line == 0) return "";
  return absl::StrCat(place.file, ":", place.line, ": ");
}

void ReportError(const absl::Status& status, absl::string_view sql,
                 const ScriptPlace& place) {
  ScriptPlace fault = place;
  if (place.line > 0) fault.line += LinesBeforeFault(status, sql);
  std::cerr << PlacePrefix(fault) << DescribeError(status, sql);
}

int ReportCall(const absl::Status& status, const StatementCaller& caller,
               absl::string_view sql, const ScriptPlace& place) {
  if (absl::IsCancelled(status) && caller.IsInterrupted()) {
    std::cerr << "Cancelled.\n";
  } else {
    ReportError(status, sql, place);
  }
  return kCallFailed;
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
  if (options.shows_reference) {
    std::cerr << DescribeReference(summary->outcome_reference());
  }
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

#include "server/operator/audit_verify.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/identity/digest.h"
#include "server/telemetry/audit_verification.h"

namespace sluice::operators {
namespace {

constexpr absl::string_view kUsage =
    "Usage: sluice audit verify FOLDER [--expect CHAIN] [--json]\n"
    "\n"
    "Checks every record of an audit log against the chain of digests, and\n"
    "names the first one that is not what was written (docs/audit.md).\n"
    "\n"
    "  --expect CHAIN  a digest that some record has to have: the last one "
    "that\n"
    "                  an earlier verification told\n"
    "  --json          tells as JSON\n"
    "\n"
    "Exit codes: 0 sound; 1 broken; 2 can't be read, or a wrong command "
    "line.\n";

using Json = nlohmann::ordered_json;
using telemetry::AuditBreak;
using telemetry::AuditReport;

// While the log is written to, its last line may be on its way.
constexpr int kTries = 5;
constexpr absl::Duration kPause = absl::Milliseconds(50);

absl::StatusOr<AuditReport> VerifyPatiently(const std::string& folder,
                                            const std::string& expected) {
  for (int i = 1;; ++i) {
    absl::StatusOr<AuditReport> report =
        telemetry::VerifyAuditLog(folder, &identity::Sha256, expected);
    const bool is_torn = report.ok() && report->first_break.has_value() &&
                         report->first_break->kind == AuditBreak::Kind::kTorn;
    if (!is_torn || i == kTries) return report;
    absl::SleepFor(kPause);
  }
}

void PrintJson(const AuditReport& report, std::ostream& output) {
  Json json = {{"sound", !report.first_break.has_value()},
               {"files", report.file_count},
               {"records", report.record_count},
               {"first_seq", report.first_seq},
               {"last_seq", report.end.seq},
               {"first_time", report.first_time},
               {"last_time", report.last_time},
               {"chain", report.end.chain},
               {"torn_parts", report.torn_count},
               {"missing_records", report.missing_count}};
  if (report.first_break.has_value()) {
    const AuditBreak& found = *report.first_break;
    json["break"] = {{"kind", std::string(BreakName(found.kind))},
                     {"file", found.file},
                     {"line", found.line},
                     {"seq", found.seq},
                     {"message", found.message}};
  }
  output << json.dump(2) << "\n";
}

void PrintText(const AuditReport& report, std::ostream& output) {
  output << absl::StrCat("files:   ", report.file_count,
                         "\nrecords: ", report.record_count, "\n");
  if (report.record_count > 0) {
    output << absl::StrCat("from:    ", report.first_time, ", record ",
                           report.first_seq, "\nto:      ", report.last_time,
                           ", record ", report.end.seq,
                           "\nchain:   ", report.end.chain, "\n");
  }
  if (report.torn_count > 0) {
    output << absl::StrCat("torn by crashes: ", report.torn_count, "\n");
  }
  if (report.missing_count > 0) {
    output << absl::StrCat(
        "not written since the disk took none: ", report.missing_count, "\n");
  }
  if (!report.first_break.has_value()) output << "sound\n";
}

absl::Status BreakError(const AuditBreak& found) {
  return absl::DataLossError(absl::StrCat(
      found.file, found.line > 0 ? absl::StrCat(", line ", found.line) : "",
      ", where record ", found.seq, " belongs: ", found.message));
}

absl::Status Verify(const Arguments& arguments, std::ostream& output) {
  const absl::StatusOr<AuditReport> report = VerifyPatiently(
      arguments.operands().front(), arguments.ValueOf("--expect"));
  if (!report.ok()) return WrongUse(report.status().message());
  if (arguments.Has("--json")) {
    PrintJson(*report, output);
  } else {
    PrintText(*report, output);
  }
  return report->first_break.has_value() ? BreakError(*report->first_break)
                                         : absl::OkStatus();
}

}  // namespace

Command AuditVerifyCommand() {
  return {.name = "audit verify",
          .summary = "says whether an audit log is what was written",
          .usage = kUsage,
          .min_operands = 1,
          .max_operands = 1,
          .options = {{"--expect", OptionValue::kNeeded}, {"--json"}},
          .run = Verify};
}

}  // namespace sluice::operators

// Takes the details out of the status and lays them out line by line.

#include "client/cli/error_report.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/display_text.h"
#include "client/cli/position_mark.h"
#include "sluice/client/error_details.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::cli {
namespace {

using client::ErrorDetails;

// Text from the server is made fit for a terminal.
void AppendLine(absl::string_view label, absl::string_view text,
                std::string& out) {
  if (text.empty()) return;
  absl::StrAppend(&out, label, ":  ");
  for (const DisplayLine& line : MakeDisplayLines(text)) {
    absl::StrAppend(&out, line.text, "\n");
  }
}

std::string MetadataOf(const ErrorDetails& details, const std::string& key) {
  const auto entry = details.metadata.find(key);
  return entry == details.metadata.end() ? std::string() : entry->second;
}

// "UNDEFINED_OBJECT (INVALID_ARGUMENT, SQLSTATE 42703)". A status that the
// gateway did not make has a code alone.
std::string DescribeReason(const absl::Status& status,
                           const ErrorDetails& details) {
  std::vector<std::string> facts = {absl::StatusCodeToString(status.code())};
  std::string sqlstate = MetadataOf(details, "sqlstate");
  if (details.postgres.has_value()) sqlstate = details.postgres->sqlstate();
  if (!sqlstate.empty()) facts.push_back(absl::StrCat("SQLSTATE ", sqlstate));
  const std::string executed = MetadataOf(details, "executed");
  if (!executed.empty()) facts.push_back(absl::StrCat("executed: ", executed));
  const std::string step = MetadataOf(details, "step");
  if (!step.empty()) facts.push_back(absl::StrCat("step: ", step));
  std::string joined = absl::StrJoin(facts, ", ");
  if (!details.is_from_gateway()) return joined;
  return absl::StrCat(details.reason_name, " (", joined, ")");
}

// Whether gRPC itself failed to reach the gateway.
bool IsConnectionFailure(const absl::Status& status,
                         const ErrorDetails& details) {
  return absl::IsUnavailable(status) && !details.is_from_gateway();
}

}  // namespace

std::string DescribeError(const absl::Status& status, absl::string_view sql) {
  const ErrorDetails details = ErrorDetails::From(status);
  const v1::PostgresDiagnostic diagnostic =
      details.postgres.value_or(v1::PostgresDiagnostic());
  std::string out;
  AppendLine("ERROR",
             status.message().empty() ? "the call failed without a word"
                                      : status.message(),
             out);
  AppendLine("REASON", DescribeReason(status, details), out);
  if (IsConnectionFailure(status, details)) {
    AppendLine("HINT", "GRPC_VERBOSITY=ERROR shows what gRPC knows of it.",
               out);
  }
  absl::StrAppend(&out, MarkPosition(sql, diagnostic.position()));
  AppendLine("DETAIL", diagnostic.detail(), out);
  AppendLine("HINT", diagnostic.hint(), out);
  AppendLine("QUERY", diagnostic.internal_query(), out);
  absl::StrAppend(&out, MarkPosition(diagnostic.internal_query(),
                                     diagnostic.internal_position()));
  AppendLine("CONTEXT", diagnostic.context(), out);
  absl::StrAppend(&out,
                  DescribeReference(MetadataOf(details, "outcome_reference")));
  return out;
}

int LinesBeforeFault(const absl::Status& status, absl::string_view sql) {
  const ErrorDetails details = ErrorDetails::From(status);
  if (!details.postgres.has_value()) return 0;
  int lines = 0;
  for (int i = details.postgres->position(); i > 1; --i) {
    if (sql.empty()) return 0;
    if (TakeCharacter(sql).code == '\n') ++lines;
  }
  return lines;
}

std::string DescribeReference(absl::string_view outcome_reference) {
  std::string out;
  if (outcome_reference.empty()) return out;
  // One may begin as options do.
  const absl::string_view dashes = outcome_reference[0] == '-' ? "-- " : "";
  AppendLine("REFERENCE", outcome_reference, out);
  AppendLine("HINT",
             absl::StrCat("sluice outcome ", dashes, outcome_reference,
                          "  tells what became of it."),
             out);
  return out;
}

std::string DescribeNotices(const v1::ExecutionSummary& summary) {
  std::string out;
  for (const v1::Notice& notice : summary.notices()) {
    AppendLine(notice.severity(), notice.message(), out);
    AppendLine("DETAIL", notice.detail(), out);
    AppendLine("HINT", notice.hint(), out);
  }
  if (summary.replayed()) {
    AppendLine("NOTICE",
               "replayed: nothing was run, this is the answer of an earlier "
               "call with the same request id",
               out);
  }
  if (summary.attempts() > 1 && !summary.replayed()) {
    AppendLine("NOTICE",
               absl::StrCat("it took ", summary.attempts(), " attempts"), out);
  }
  if (summary.truncated()) {
    AppendLine("WARNING", "rows were left out at a limit", out);
  }
  return out;
}

}  // namespace sluice::cli

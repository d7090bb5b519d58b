// Takes the details out of the status and lays them out line by line.

#include "client/cli/error_report.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/display_text.h"
#include "client/cli/position_mark.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::cli {
namespace {

struct Details {
  google::rpc::ErrorInfo info;
  v1::PostgresDiagnostic diagnostic;
};

Details ParseDetails(const grpc::Status& status) {
  Details details;
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return details;
  for (const google::protobuf::Any& any : rich.details()) {
    if (any.Is<google::rpc::ErrorInfo>()) {
      any.UnpackTo(&details.info);
    } else if (any.Is<v1::PostgresDiagnostic>()) {
      any.UnpackTo(&details.diagnostic);
    }
  }
  return details;
}

// Text from the server is made fit for a terminal.
void AppendLine(absl::string_view label, absl::string_view text,
                std::string& out) {
  if (text.empty()) return;
  absl::StrAppend(&out, label, ":  ");
  for (const DisplayLine& line : MakeDisplayLines(text)) {
    absl::StrAppend(&out, line.text, "\n");
  }
}

std::string MetadataOf(const google::rpc::ErrorInfo& info, const char* key) {
  const auto entry = info.metadata().find(key);
  return entry == info.metadata().end() ? std::string() : entry->second;
}

// "UNDEFINED_OBJECT (INVALID_ARGUMENT, SQLSTATE 42703)". A status that the
// gateway did not make has a code alone.
std::string DescribeReason(const grpc::Status& status, const Details& details) {
  std::vector<std::string> facts = {absl::StatusCodeToString(
      static_cast<absl::StatusCode>(status.error_code()))};
  std::string sqlstate = details.diagnostic.sqlstate();
  if (sqlstate.empty()) sqlstate = MetadataOf(details.info, "sqlstate");
  if (!sqlstate.empty()) facts.push_back(absl::StrCat("SQLSTATE ", sqlstate));
  const std::string executed = MetadataOf(details.info, "executed");
  if (!executed.empty()) facts.push_back(absl::StrCat("executed: ", executed));
  std::string joined = absl::StrJoin(facts, ", ");
  if (details.info.reason().empty()) return joined;
  return absl::StrCat(details.info.reason(), " (", joined, ")");
}

// Whether gRPC itself failed to reach the gateway.
bool IsConnectionFailure(const grpc::Status& status, const Details& details) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         details.info.reason().empty();
}

}  // namespace

std::string DescribeError(const grpc::Status& status, absl::string_view sql) {
  const Details details = ParseDetails(status);
  const v1::PostgresDiagnostic& diagnostic = details.diagnostic;
  std::string out;
  AppendLine("ERROR",
             status.error_message().empty() ? "the call failed without a word"
                                            : status.error_message(),
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
  return out;
}

int LinesBeforeFault(const grpc::Status& status, absl::string_view sql) {
  int lines = 0;
  for (int i = ParseDetails(status).diagnostic.position(); i > 1; --i) {
    if (sql.empty()) return 0;
    if (TakeCharacter(sql).code == '\n') ++lines;
  }
  return lines;
}

std::string DescribeNotices(const v1::ExecutionSummary& summary) {
  std::string out;
  for (const v1::Notice& notice : summary.notices()) {
    AppendLine(notice.severity(), notice.message(), out);
    AppendLine("DETAIL", notice.detail(), out);
    AppendLine("HINT", notice.hint(), out);
  }
  if (summary.truncated()) {
    AppendLine("WARNING", "rows were left out at a limit", out);
  }
  return out;
}

}  // namespace sluice::cli

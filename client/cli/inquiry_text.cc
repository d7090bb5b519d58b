#include "client/cli/inquiry_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "client/cli/message_json.h"
#include "client/cli/text_table.h"

namespace sluice::cli {
namespace {

absl::string_view ClassName(v1::StatementClass statement_class) {
  switch (statement_class) {
    case v1::STATEMENT_CLASS_READ:
      return "read";
    case v1::STATEMENT_CLASS_WRITE:
      return "write";
    case v1::STATEMENT_CLASS_DDL:
      return "DDL";
    case v1::STATEMENT_CLASS_PROCEDURE:
      return "procedure";
    case v1::STATEMENT_CLASS_MAINTENANCE:
      return "maintenance";
    default:
      return "unknown";
  }
}

std::string Parameters(const v1::DescribeResponse& description) {
  if (description.parameter_types().empty()) return "No parameters.\n\n";
  TextTable table({"parameter", "type"});
  int number = 0;
  for (const v1::Type& type : description.parameter_types()) {
    table.AddRow({absl::StrCat("$", ++number), type.name()});
  }
  return table.Format();
}

std::string Columns(const v1::DescribeResponse& description) {
  if (description.columns().empty()) return "No columns.\n\n";
  TextTable table({"column", "type", "table OID", "number there"});
  for (const v1::ColumnMetadata& column : description.columns()) {
    const bool has_origin = column.table_oid() != 0;
    table.AddRow({column.name(), column.type().name(),
                  has_origin ? absl::StrCat(column.table_oid()) : "",
                  has_origin ? absl::StrCat(column.column_number()) : ""});
  }
  return table.Format();
}

std::string Plan(const v1::DescribeResponse& description) {
  if (description.plan().empty()) return "";
  TextTable table({"plan"});
  for (absl::string_view line : absl::StrSplit(description.plan(), '\n')) {
    table.AddRow({std::string(line)});
  }
  return table.Format();
}

std::string Databases(const v1::GetCapabilitiesResponse& capabilities) {
  TextTable table({"database", "access", "PostgreSQL", "reachable"});
  for (const v1::DatabaseCapability& database : capabilities.databases()) {
    const bool writes = database.access() == v1::DATABASE_ACCESS_READ_WRITE;
    table.AddRow({database.name(), writes ? "read, write" : "read",
                  database.postgres_version(),
                  database.reachable() ? "yes" : "no"});
  }
  return table.Format();
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

std::string DurationText(const google::protobuf::Duration& duration) {
  return absl::FormatDuration(ToDuration(duration));
}

std::string UnlessZero(int64_t limit) {
  return limit == 0 ? "none" : absl::StrCat(limit);
}

std::string Limits(const v1::CallLimits& limits) {
  TextTable table({"limit", "value"});
  table.AddRow({"default_deadline", DurationText(limits.default_deadline())});
  table.AddRow({"max_deadline", DurationText(limits.max_deadline())});
  table.AddRow(
      {"max_stream_deadline", DurationText(limits.max_stream_deadline())});
  table.AddRow({"max_rows", absl::StrCat(limits.max_rows())});
  table.AddRow({"max_result_bytes", absl::StrCat(limits.max_result_bytes())});
  table.AddRow({"max_stream_rows", UnlessZero(limits.max_stream_rows())});
  table.AddRow({"max_stream_bytes", UnlessZero(limits.max_stream_bytes())});
  table.AddRow(
      {"default_value_bytes", absl::StrCat(limits.default_value_bytes())});
  table.AddRow({"max_value_bytes", absl::StrCat(limits.max_value_bytes())});
  table.AddRow(
      {"max_statement_bytes", absl::StrCat(limits.max_statement_bytes())});
  table.AddRow(
      {"max_parameter_bytes", absl::StrCat(limits.max_parameter_bytes())});
  table.AddRow(
      {"max_transaction_idle", DurationText(limits.max_transaction_idle())});
  table.AddRow({"max_transaction_statement",
                DurationText(limits.max_transaction_statement())});
  table.AddRow(
      {"max_transaction_time", DurationText(limits.max_transaction_time())});
  table.AddRow({"max_steps", absl::StrCat(limits.max_steps())});
  table.AddRow(
      {"max_parameter_rows", absl::StrCat(limits.max_parameter_rows())});
  return table.Format();
}

}  // namespace

std::string FormatDescription(const v1::DescribeResponse& description,
                              Format format) {
  if (format == Format::kJson) return FormatMessage(description);
  return absl::StrCat(
      "Class: ", ClassName(description.statement_class()), ", for ",
      description.read_only() ? "sluice query and exec" : "sluice exec", "\n\n",
      Parameters(description), Columns(description), Plan(description));
}

std::string FormatCapabilities(const v1::GetCapabilitiesResponse& capabilities,
                               Format format) {
  if (format == Format::kJson) return FormatMessage(capabilities);
  return absl::StrCat("Server: sluiced ", capabilities.server_version(),
                      "\nApp: ", capabilities.app(), "\n\n",
                      Databases(capabilities), Limits(capabilities.limits()));
}

std::string DescribeTransactionLimits(const v1::CallLimits& limits,
                                      const client::TransactionOptions& asked) {
  const absl::Duration idle =
      std::min(ToDuration(limits.max_transaction_idle()),
               asked.idle_timeout.value_or(absl::InfiniteDuration()));
  const absl::Duration total =
      std::min(ToDuration(limits.max_transaction_time()),
               asked.total_timeout.value_or(absl::InfiniteDuration()));
  return absl::StrCat("It is rolled back after ", absl::FormatDuration(idle),
                      " without a statement, and after ",
                      absl::FormatDuration(total), " in all.\n");
}

}  // namespace sluice::cli

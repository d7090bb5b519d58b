#include "server/execution/read_proof.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/execution/result_set_sink.h"
#include "server/execution/session_mark.h"
#include "server/postgres/statement.h"

namespace sluice::execution {
namespace {

using google::protobuf::RepeatedPtrField;

constexpr absl::string_view kName = "sluice_read_proof";

// Lines of the plan; the one that tells is the first.
constexpr int64_t kMaxLines = 1000;

// What is volatile does not depend on values.
RepeatedPtrField<v1::Value> WithoutValues(
    const RepeatedPtrField<v1::Value>& parameters) {
  RepeatedPtrField<v1::Value> nulls;
  for (const v1::Value& parameter : parameters) {
    v1::Value& null = *nulls.Add();
    null.set_type(parameter.type());
    null.set_null_value(google::protobuf::NULL_VALUE);
  }
  return nulls;
}

ReadVerdict Judge(const v1::ResultSet& plan) {
  if (plan.columns_size() != 1) return ReadVerdict::kMayWrite;
  const auto& lines = plan.columns(0).texts().values();
  const std::string kept_apart = absl::StrCat("CTE Scan on ", kName);
  const bool is_apart =
      std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return absl::StrContains(line, kept_apart);
      });
  return is_apart || lines.empty() ? ReadVerdict::kMayWrite
                                   : ReadVerdict::kReads;
}

}  // namespace

std::string ProofSql(absl::string_view sql,
                     const policy::StatementFacts& facts) {
  // On lines of its own: a comment may end it.
  return absl::StrCat("EXPLAIN (COSTS OFF) WITH ", kName, " AS (\n",
                      sql.substr(facts.command_begin, facts.command_bytes),
                      "\n) SELECT FROM ", kName);
}

Task<ReadVerdict> ProveRead(const Placement& place, const ProofRequest& request,
                            Cancellation& cancellation) {
  const std::string sql = ProofSql(request.sql, request.facts);
  const RepeatedPtrField<v1::Value> parameters =
      WithoutValues(request.parameters);
  postgres::StatementRequest statement(sql, parameters);
  statement.max_parameter_bytes = request.max_parameter_bytes;
  // Sent once a minute at most: it is not worth a prepared statement.
  statement.keeps_no_description = true;
  ResultLimits limits;
  limits.max_rows = kMaxLines;
  limits.max_bytes = std::numeric_limits<int32_t>::max();
  limits.on_limit = v1::LIMIT_ACTION_TRUNCATE;
  v1::ResultSet plan;
  ResultSetSink sink(limits, &plan);
  Task<postgres::StatementResult> running = postgres::RunStatement(
      place.connection(), place.pool().types(), place.pool().canceller(),
      statement, sink, cancellation);
  const postgres::StatementResult result = co_await std::move(running);
  // The planner runs what says of itself to be harmless.
  if (result.sent) MarkSession(request.facts, place.connection());
  const absl::Status& status =
      result.status.ok() ? sink.status() : result.status;
  if (status.ok()) co_return Judge(plan);
  // Planning alone has met a write.
  co_return ReasonOf(status) == v1::ERROR_REASON_READ_ONLY
      ? ReadVerdict::kMayWrite
      : ReadVerdict::kUnknown;
}

}  // namespace sluice::execution

#include "server/execution/description.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/execution/request_validation.h"
#include "server/execution/result_set_sink.h"
#include "server/execution/session_mark.h"
#include "server/policy/statement_rules.h"
#include "server/postgres/statement.h"
#include "server/postgres/statement_description.h"

namespace sluice::execution {
namespace {

using google::protobuf::RepeatedPtrField;
using policy::StatementClass;
using postgres::StatementDescription;

constexpr int kMaxAttempts = 3;

v1::StatementClass ToProto(StatementClass statement_class) {
  switch (statement_class) {
    case StatementClass::kRead:
      return v1::STATEMENT_CLASS_READ;
    case StatementClass::kWrite:
      return v1::STATEMENT_CLASS_WRITE;
    case StatementClass::kDdl:
      return v1::STATEMENT_CLASS_DDL;
    case StatementClass::kProcedure:
      return v1::STATEMENT_CLASS_PROCEDURE;
    case StatementClass::kMaintenance:
      return v1::STATEMENT_CLASS_MAINTENANCE;
    default:
      return v1::STATEMENT_CLASS_UNSPECIFIED;
  }
}

void Tell(const StatementDescription& description,
          const policy::StatementFacts& facts, v1::DescribeResponse& response) {
  response.Clear();
  response.set_statement_class(ToProto(facts.statement_class));
  response.set_read_only(policy::CheckQuery(facts).ok());
  for (const postgres::TypeRef& type : description.parameters) {
    postgres::FillType(*type, /*modifier=*/-1, *response.add_parameter_types());
  }
  for (const postgres::ColumnDescription& column : description.columns) {
    FillMetadata(column, *response.add_columns());
  }
}

bool WantsPlan(v1::ExplainMode mode) {
  return mode == v1::EXPLAIN_MODE_TEXT || mode == v1::EXPLAIN_MODE_JSON;
}

// The text stands last, so that nothing in it, a comment at its end say, can
// reach what the gateway wrote.
std::string ExplainSql(v1::ExplainMode mode, absl::string_view sql) {
  // Before a statement of its own PostgreSQL takes these, after EXPLAIN not.
  const size_t start = sql.find_first_not_of("; \t\n\v\f\r");
  const absl::string_view options =
      mode == v1::EXPLAIN_MODE_JSON ? "FORMAT JSON, VERBOSE" : "FORMAT TEXT";
  return absl::StrCat("EXPLAIN (", options, ") ",
                      start == sql.npos ? sql : sql.substr(start));
}

// The parameters given, and NULL for those that have no value.
RepeatedPtrField<v1::Value> ExplainParameters(
    const RepeatedPtrField<v1::Value>& given, int count) {
  RepeatedPtrField<v1::Value> parameters = given;
  while (parameters.size() < count) parameters.Add();
  for (v1::Value& parameter : parameters) {
    if (parameter.kind_case() == v1::Value::KIND_NOT_SET) {
      parameter.set_null_value(google::protobuf::NULL_VALUE);
    }
  }
  return parameters;
}

// The lines of the plan; JSON comes as one value.
std::string PlanOf(const v1::ResultSet& result) {
  if (result.columns_size() != 1) return "";
  const v1::Column& column = result.columns(0);
  return column.has_jsons() ? absl::StrJoin(column.jsons().values(), "\n")
                            : absl::StrJoin(column.texts().values(), "\n");
}

struct Attempt {
  absl::Status status;
  bool connection_lost = false;
};

Attempt Failed(absl::Status status) {
  Attempt attempt;
  attempt.connection_lost =
      ReasonOf(status) == v1::ERROR_REASON_CONNECTION_LOST;
  attempt.status = std::move(status);
  return attempt;
}

class Describer {
 public:
  Describer(const DescribeWork& work, const policy::StatementFacts& facts,
            const DescribeLimits& limits)
      : work_(work), facts_(facts), limits_(limits) {}
  Describer(const Describer&) = delete;

  Task<Attempt> Try(const Placement& place) {
    postgres::Connection& connection = place.connection();
    const postgres::StatementRequest request =
        MakeRequest(work_.sql(), work_.request.parameters());
    Task<absl::StatusOr<StatementDescription>> describing =
        postgres::DescribeStatement(connection, place.pool().types(),
                                    place.pool().canceller(), request,
                                    work_.cancellation);
    const absl::StatusOr<StatementDescription> description =
        co_await std::move(describing);
    if (!description.ok()) co_return Failed(description.status());
    Tell(*description, facts_, *work_.response);
    if (!WantsPlan(work_.request.explain())) co_return Attempt();
    if (!facts_.explainable) {
      co_return Failed(InvalidField(
          "explain",
          "only SELECT, VALUES, TABLE, WITH, INSERT, UPDATE, DELETE "
          "and MERGE have a plan"));
    }
    Task<Attempt> explaining = Explain(place);
    Attempt attempt = co_await std::move(explaining);
    co_return std::move(attempt);
  }

 private:
  Task<Attempt> Explain(const Placement& place) {
    postgres::Connection& connection = place.connection();
    const std::string sql = ExplainSql(work_.request.explain(), work_.sql());
    const RepeatedPtrField<v1::Value> parameters = ExplainParameters(
        work_.request.parameters(), work_.response->parameter_types_size());
    const postgres::StatementRequest request = MakeRequest(sql, parameters);
    ResultLimits limits;
    limits.max_rows = std::numeric_limits<int64_t>::max();
    limits.max_bytes = limits_.max_plan_bytes;
    v1::ResultSet plan;
    ResultSetSink sink(limits, &plan);
    Task<postgres::StatementResult> running = postgres::RunStatement(
        connection, place.pool().types(), place.pool().canceller(), request,
        sink, work_.cancellation);
    const postgres::StatementResult result = co_await std::move(running);
    // The planner may run what a function says of itself to be harmless.
    if (result.sent) MarkSession(facts_, connection);
    Attempt attempt;
    attempt.connection_lost = result.connection_lost;
    attempt.status = result.status.ok() ? sink.status() : result.status;
    work_.response->set_plan(PlanOf(plan));
    co_return std::move(attempt);
  }

  postgres::StatementRequest MakeRequest(
      absl::string_view sql,
      const RepeatedPtrField<v1::Value>& parameters) const {
    postgres::StatementRequest request(sql, parameters);
    request.detail_policy = limits_.detail_policy;
    request.max_parameter_bytes = limits_.max_parameter_bytes;
    return request;
  }

  const DescribeWork& work_;
  const policy::StatementFacts& facts_;
  const DescribeLimits& limits_;
};

}  // namespace

Task<absl::Status> DescribeAdmitted(const DescribeWork& work,
                                    const policy::StatementFacts& facts,
                                    const DescribeLimits& limits,
                                    const GrantedDatabase& database) {
  const absl::StatusOr<routing::ReadNeed> need =
      ReadNeedOf(work.request.options(), *database.database);
  if (!need.ok()) co_return need.status();
  Describer describer(work, facts, limits);
  EarlierTries tries;
  for (int number = 1;; ++number) {
    Task<absl::StatusOr<Placement>> placing =
        PlaceRead(database, *need, tries, work.cancellation);
    absl::StatusOr<Placement> placed = co_await std::move(placing);
    if (!placed.ok()) co_return placed.status();
    Task<Attempt> trying = describer.Try(*placed);
    Attempt attempt = co_await std::move(trying);
    if (attempt.connection_lost) {
      placed->NoteFailure(topology::Suspicion::kConnectionLost);
      tries.Add(*placed);
    }
    const bool again = attempt.connection_lost && number < kMaxAttempts &&
                       !work.cancellation.Requested();
    if (!again) co_return std::move(attempt.status);
  }
}

}  // namespace sluice::execution

#include "server/execution/executor.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"
#include "server/execution/request_validation.h"
#include "server/policy/statement_rules.h"
#include "server/postgres/statement.h"

namespace sluice::execution {
namespace {

using postgres::Access;
using postgres::StatementResult;

constexpr int kMaxAttempts = 3;
constexpr int64_t kMaxPortalRows = 1000;
constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

absl::Status OutcomeUnknown(const absl::Status& cause) {
  absl::Status status = MakeError(
      absl::StatusCode::kUnknown, v1::ERROR_REASON_OUTCOME_UNKNOWN,
      absl::StrCat("PostgreSQL did not tell how the statement ended: ",
                   cause.message()),
      {{"executed", "unknown"}});
  const std::string sqlstate = ErrorMetadataOf(cause, "sqlstate");
  if (!sqlstate.empty()) SetErrorMetadata(status, "sqlstate", sqlstate);
  return status;
}

// What is asked for, within what the server allows; 0 asks for all of that.
int64_t Within(int64_t asked, int64_t most) {
  return asked == 0 ? most : std::min(asked, most);
}

// The count at the end of a command tag, such as "INSERT 0 3".
int64_t RowsAffected(absl::string_view command_tag) {
  int64_t rows = 0;
  const size_t space = command_tag.rfind(' ');
  if (space == absl::string_view::npos ||
      !absl::SimpleAtoi(command_tag.substr(space + 1), &rows)) {
    return 0;
  }
  return rows;
}

// Whether another attempt is right: the connection was lost, and nothing was
// executed or the work only reads.
bool MayRetry(const Work& work, const StatementResult& result) {
  return result.connection_lost && !work.cancellation.Requested() &&
         work.sink.MayStartAnew() &&
         (work.access == Access::kReadOnly || !result.outcome_open);
}

absl::Status FinalStatus(const Work& work, const policy::StatementFacts& facts,
                         StatementResult& result) {
  if (!result.status.ok()) {
    if (result.outcome_open && work.access == Access::kReadWrite) {
      return OutcomeUnknown(result.status);
    }
  }
  absl::Status status = result.status.ok() ? work.sink.status() : result.status;
  // What a procedure committed on its way stays.
  if (!status.ok() && result.sent &&
      facts.statement_class == policy::StatementClass::kProcedure) {
    SetErrorMetadata(status, "executed", "unknown");
  }
  return status;
}

}  // namespace

Executor::Executor(EventLoop& loop, policy::StatementClassifier& classifier,
                   const config::v1::Config& config,
                   const std::vector<ServedDatabase>& databases)
    : loop_(loop),
      limits_(config.limits()),
      detail_policy_(config.errors().include_detail()
                         ? postgres::DetailPolicy::kInclude
                         : postgres::DetailPolicy::kOmit),
      classes_(loop, classifier) {
  for (const ServedDatabase& served : databases) {
    Database& database = databases_[served.name];
    database.node = served.node;
    database.pool =
        std::make_unique<postgres::Pool>(loop, served.connection, served.pool);
  }
}

Task<absl::Status> Executor::Run(const Work& work) {
  auto database = databases_.find(work.database);
  if (database == databases_.end()) {
    co_return UnknownDatabaseError(work.database);
  }
  absl::Status status = Validate(work);
  if (!status.ok()) co_return status;

  Timer timer(loop_);
  timer.Start(work.deadline,
              [&work] { work.cancellation.Request(CancelCause::kDeadline); });
  Task<absl::StatusOr<policy::StatementFacts>> admitting =
      Admit(work.sql,
            work.access == Access::kReadOnly ? &policy::CheckQuery
                                             : &policy::CheckExecute,
            work.cancellation);
  const absl::StatusOr<policy::StatementFacts> facts =
      co_await std::move(admitting);
  if (!facts.ok()) co_return facts.status();
  Task<absl::Status> running = RunAdmitted(work, *facts, database->second);
  status = co_await std::move(running);
  co_return status;
}

absl::Status Executor::Validate(const Work& work) const {
  absl::Status status = CheckSql(work.sql, limits_);
  if (status.ok()) status = CheckParameters(work.parameters);
  if (status.ok()) status = CheckOptions(work.options);
  return status;
}

Task<absl::StatusOr<policy::StatementFacts>> Executor::Admit(
    const std::string& sql, Rule rule, const Cancellation& cancellation) {
  policy::StatementFacts facts;
  if (const policy::StatementFacts* known = classes_.Find(sql)) {
    facts = *known;
  } else {
    std::string copy = sql;
    Task<absl::StatusOr<policy::StatementFacts>> classifying =
        classes_.Classify(std::move(copy));
    absl::StatusOr<policy::StatementFacts> found =
        co_await std::move(classifying);
    if (!found.ok()) co_return found.status();
    facts = *std::move(found);
  }
  absl::Status allowed = rule(facts);
  if (!allowed.ok()) co_return allowed;
  if (cancellation.Requested()) {
    co_return CancellationError(cancellation.cause(), "admission");
  }
  co_return std::move(facts);
}

Task<absl::Status> Executor::Describe(const DescribeWork& work) {
  const v1::DescribeRequest& request = work.request;
  auto database = databases_.find(request.database());
  if (database == databases_.end()) {
    co_return UnknownDatabaseError(request.database());
  }
  absl::Status status = CheckSql(work.sql(), limits_);
  if (status.ok()) status = CheckParameters(request.parameters());
  if (status.ok()) status = CheckTag(request.options());
  if (status.ok() && !v1::ExplainMode_IsValid(request.explain())) {
    status = InvalidField("explain", "is not a known value");
  }
  if (!status.ok()) co_return status;

  Timer timer(loop_);
  timer.Start(work.deadline,
              [&work] { work.cancellation.Request(CancelCause::kDeadline); });
  Task<absl::StatusOr<policy::StatementFacts>> admitting =
      Admit(work.sql(), &policy::CheckDescribe, work.cancellation);
  const absl::StatusOr<policy::StatementFacts> facts =
      co_await std::move(admitting);
  if (!facts.ok()) co_return facts.status();
  DescribeLimits limits;
  limits.max_parameter_bytes =
      static_cast<size_t>(limits_.max_parameter_bytes());
  limits.max_plan_bytes = limits_.max_result_bytes();
  limits.detail_policy = detail_policy_;
  Task<absl::Status> describing =
      DescribeAdmitted(work, *facts, limits, *database->second.pool);
  status = co_await std::move(describing);
  co_return status;
}

Task<absl::Status> Executor::RunAdmitted(const Work& work,
                                         const policy::StatementFacts& facts,
                                         Database& database) {
  const postgres::StatementRequest request = MakeRequest(work);
  absl::Duration queue_time;
  for (int attempt = 1;; ++attempt) {
    const SteadyTime asked_at = SteadyNow();
    Task<absl::StatusOr<postgres::Lease>> acquiring =
        database.pool->Acquire(work.access, work.cancellation);
    absl::StatusOr<postgres::Lease> lease = co_await std::move(acquiring);
    if (!lease.ok()) co_return lease.status();
    const SteadyTime started_at = SteadyNow();
    queue_time += absl::FromChrono(started_at - asked_at);

    Task<StatementResult> running = postgres::RunStatement(
        **lease, database.pool->types(), database.pool->canceller(), request,
        work.sink, work.cancellation);
    StatementResult result = co_await std::move(running);
    if (facts.may_change_session && result.sent) {
      (*lease)->MarkSessionChanged();
    }
    if (attempt < kMaxAttempts && MayRetry(work, result)) continue;

    v1::ExecutionSummary& summary = *work.summary;
    summary.set_rows_affected(RowsAffected(result.command_tag));
    if (work.sink.truncated() && work.access == Access::kReadOnly) {
      // How far PostgreSQL came by itself is chance.
      result.command_tag.clear();
      summary.set_rows_affected(work.sink.row_count());
    }
    summary.set_command_tag(std::move(result.command_tag));
    for (v1::Notice& notice : result.notices) {
      *summary.add_notices() = std::move(notice);
    }
    summary.set_node(database.node);
    summary.set_attempts(attempt);
    summary.set_truncated(work.sink.truncated());
    ToProto(queue_time, summary.mutable_queue_time());
    ToProto(absl::FromChrono(SteadyNow() - started_at),
            summary.mutable_run_time());
    co_return FinalStatus(work, facts, result);
  }
}

ResultLimits Executor::UnaryLimits(const v1::RequestOptions& options) const {
  ResultLimits limits;
  limits.max_rows = Within(options.max_rows(), limits_.max_rows());
  limits.max_bytes = Within(options.max_bytes(), limits_.max_result_bytes());
  limits.max_value_bytes = limits.max_bytes;
  limits.on_limit = options.on_limit();
  return limits;
}

ResultLimits Executor::StreamLimits(const v1::RequestOptions& options) const {
  auto unless_zero = [](int64_t most) { return most == 0 ? kNoLimit : most; };
  ResultLimits limits;
  limits.max_rows =
      Within(options.max_rows(), unless_zero(limits_.max_stream_rows()));
  limits.max_bytes =
      Within(options.max_bytes(), unless_zero(limits_.max_stream_bytes()));
  limits.max_value_bytes =
      options.max_value_bytes() == 0
          ? limits_.default_value_bytes()
          : Within(options.max_value_bytes(), limits_.max_value_bytes());
  limits.on_limit = options.on_limit();
  return limits;
}

postgres::StatementRequest Executor::MakeRequest(const Work& work) const {
  postgres::StatementRequest request(work.sql, work.parameters);
  request.access = work.access;
  request.detail_policy = detail_policy_;
  request.max_parameter_bytes =
      static_cast<size_t>(limits_.max_parameter_bytes());
  // PostgreSQL makes no parallel plan for a bounded portal, so only a caller
  // who asks for a few rows gets one. One more row tells that there are more.
  const int64_t max_rows = work.sink.limits().max_rows;
  if (work.access == Access::kReadOnly && work.options.max_rows() > 0 &&
      max_rows <= kMaxPortalRows) {
    request.max_rows = static_cast<int32_t>(max_rows) + 1;
  }
  return request;
}

Task<void> Executor::Drain() {
  for (auto& [name, database] : databases_) {
    Task<void> draining = database.pool->Drain();
    co_await std::move(draining);
  }
}

bool Executor::IsReachable(absl::string_view database) const {
  auto found = databases_.find(database);
  return found != databases_.end() && found->second.pool->reachable();
}

std::string Executor::PostgresVersion(absl::string_view database) const {
  auto found = databases_.find(database);
  return found == databases_.end() ? "" : found->second.pool->server_version();
}

}  // namespace sluice::execution

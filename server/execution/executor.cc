#include "server/execution/executor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"
#include "server/execution/request_validation.h"
#include "server/execution/session_mark.h"
#include "server/execution/statement_summary.h"
#include "server/execution/transaction_errors.h"
#include "server/execution/transaction_run.h"
#include "server/execution/transaction_step.h"
#include "server/policy/statement_rules.h"
#include "server/postgres/statement.h"

namespace sluice::execution {
namespace {

using postgres::Access;
using postgres::StatementResult;

constexpr int kMaxAttempts = 3;
constexpr int64_t kMaxPortalRows = 1000;

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
      return OutcomeUnknownError(result.status, /*reference=*/"");
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

Task<absl::Status> Executor::Run(const Work& work) {
  Database* database = context_.FindDatabase(work.database);
  if (database == nullptr) co_return UnknownDatabaseError(work.database);
  absl::Status status = Validate(work);
  if (!status.ok()) co_return status;

  Timer timer(loop());
  timer.Start(work.deadline,
              [&work] { work.cancellation.Request(CancelCause::kDeadline); });
  Task<absl::StatusOr<policy::StatementFacts>> admitting =
      context_.Admit(work.sql,
                     work.access == Access::kReadOnly ? &policy::CheckQuery
                                                      : &policy::CheckExecute,
                     work.cancellation);
  const absl::StatusOr<policy::StatementFacts> facts =
      co_await std::move(admitting);
  if (!facts.ok()) co_return facts.status();
  if (work.once != nullptr && facts->runs_alone) {
    co_return InvalidField("request_id",
                           "PostgreSQL runs this statement outside "
                           "transactions");
  }
  Task<absl::Status> running =
      work.access == Access::kReadOnly || facts->runs_alone
          ? RunAdmitted(work, *facts, *database)
          : RunWrite(work, *facts, *database);
  status = co_await std::move(running);
  co_return status;
}

absl::Status Executor::Validate(const Work& work) const {
  absl::Status status = CheckSql(work.sql, context_.limits());
  if (status.ok()) status = CheckParameters(work.parameters);
  if (status.ok()) status = CheckOptions(work.options);
  return status;
}

Task<absl::Status> Executor::Describe(const DescribeWork& work) {
  const v1::DescribeRequest& request = work.request;
  Database* database = context_.FindDatabase(request.database());
  if (database == nullptr) co_return UnknownDatabaseError(request.database());
  absl::Status status = CheckSql(work.sql(), context_.limits());
  if (status.ok()) status = CheckParameters(request.parameters());
  if (status.ok()) status = CheckTag(request.options());
  if (status.ok() && !v1::ExplainMode_IsValid(request.explain())) {
    status = InvalidField("explain", "is not a known value");
  }
  if (!status.ok()) co_return status;

  Timer timer(loop());
  timer.Start(work.deadline,
              [&work] { work.cancellation.Request(CancelCause::kDeadline); });
  Task<absl::StatusOr<policy::StatementFacts>> admitting =
      context_.Admit(work.sql(), &policy::CheckDescribe, work.cancellation);
  const absl::StatusOr<policy::StatementFacts> facts =
      co_await std::move(admitting);
  if (!facts.ok()) co_return facts.status();
  DescribeLimits limits;
  limits.max_parameter_bytes =
      static_cast<size_t>(context_.limits().max_parameter_bytes());
  limits.max_plan_bytes = context_.limits().max_result_bytes();
  limits.detail_policy = context_.detail_policy();
  Task<absl::Status> describing =
      DescribeAdmitted(work, *facts, limits, *database->pool);
  status = co_await std::move(describing);
  co_return status;
}

Task<absl::Status> Executor::RunWrite(const Work& work,
                                      const policy::StatementFacts& facts,
                                      Database& database) {
  TransactionProgram program;
  program.begin_sql = "BEGIN";
  program.steps.emplace_back(work.sql, facts, StepParameters(work.parameters),
                             work.sink);
  TransactionRun run(*work.app, database, program, work.deadline,
                     work.cancellation, work.summary);
  run.once = work.once;
  run.complete_reply = [&work, &program] {
    work.summary->set_command_tag(program.steps.front().command_tag);
  };
  Task<absl::Status> running = RunProgram(context_, run);
  absl::Status status = co_await std::move(running);
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
    if (result.sent) MarkSession(facts, **lease);
    if (attempt < kMaxAttempts && MayRetry(work, result)) continue;

    v1::ExecutionSummary& summary = *work.summary;
    FillSummary(result, work.sink, work.access, summary);
    summary.set_node(database.node);
    summary.set_attempts(attempt);
    ToProto(queue_time, summary.mutable_queue_time());
    ToProto(absl::FromChrono(SteadyNow() - started_at),
            summary.mutable_run_time());
    co_return FinalStatus(work, facts, result);
  }
}

postgres::StatementRequest Executor::MakeRequest(const Work& work) const {
  postgres::StatementRequest request(work.sql, work.parameters);
  request.access = work.access;
  request.detail_policy = context_.detail_policy();
  request.max_parameter_bytes =
      static_cast<size_t>(context_.limits().max_parameter_bytes());
  // PostgreSQL makes no parallel plan for a bounded portal, so only a caller
  // who asks for a few rows gets one. One more row tells that there are more.
  const int64_t max_rows = work.sink.limits().max_rows;
  if (work.access == Access::kReadOnly && work.options.max_rows() > 0 &&
      max_rows <= kMaxPortalRows) {
    request.max_rows = static_cast<int32_t>(max_rows) + 1;
  }
  return request;
}

bool Executor::IsReachable(absl::string_view name) const {
  const Database* database = context_.FindDatabase(name);
  return database != nullptr && database->pool->reachable();
}

std::string Executor::PostgresVersion(absl::string_view name) const {
  const Database* database = context_.FindDatabase(name);
  return database == nullptr ? "" : database->pool->server_version();
}

}  // namespace sluice::execution

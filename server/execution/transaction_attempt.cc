#include "server/execution/transaction_attempt.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/execution/session_mark.h"
#include "server/execution/statement_summary.h"
#include "server/execution/transaction_errors.h"
#include "server/postgres/codec/type_catalog.h"
#include "server/postgres/notice_list.h"
#include "server/postgres/server_error.h"
#include "server/postgres/statement.h"
#include "server/postgres/unit_interrupt.h"

namespace sluice::execution {
namespace {

// A batch is sent when it is this long, so that PostgreSQL works meanwhile.
constexpr size_t kMaxBatchBytes = 1 << 20;

// Of what the gateway writes itself.
constexpr size_t kNoParameterLimit = std::numeric_limits<int32_t>::max();

// A composite type among the parameters may have got another field.
bool MayBeStale(const absl::Status& refusal,
                const postgres::PreparedStatement& statement) {
  return ReasonOf(refusal) == v1::ERROR_REASON_PARAMETER_MALFORMED &&
         std::any_of(statement.parameters.begin(), statement.parameters.end(),
                     [](const postgres::TypeRef& type) {
                       return postgres::HoldsComposite(*type);
                     });
}

// What a statement of these classes does, a later one can't need to be parsed.
bool LeavesCatalogAlone(policy::StatementClass statement_class) {
  return statement_class == policy::StatementClass::kRead ||
         statement_class == policy::StatementClass::kWrite;
}

}  // namespace

Task<AttemptResult> TransactionAttempt::Run() {
  for (TransactionStep& step : program_.steps) {
    step.command_tag.clear();
    step.row_counts.clear();
    step.sink->StartAnew();
  }
  Task<absl::Status> running = RunAll();
  result_.status = co_await std::move(running);
  for (size_t i = 0; i < begun_steps_; ++i) program_.steps[i].sink->End();
  result_.connection_lost = connection_.closed();
  co_return std::move(result_);
}

Task<absl::Status> TransactionAttempt::RunAll() {
  Task<absl::Status> opening = OpenFirst();
  absl::Status status = co_await std::move(opening);
  size_t next = 0;
  while (status.ok() && next < program_.steps.size()) {
    Task<absl::Status> running = RunSegment(next);
    status = co_await std::move(running);
    status = status.ok() ? CheckSteps(program_.steps.size())
                         : FirstFault(std::move(status));
  }
  if (!status.ok()) co_return status;
  result_.id.xid = id_sink_.xid();
  result_.id.cluster =
      connection_.cluster().value_or(postgres::ClusterIdentity());
  if (program_.verdict != nullptr) {
    status = program_.verdict(result_.id);
    if (!status.ok()) co_return status;
  }
  if (program_.conclusion != nullptr) {
    Task<absl::Status> concluding = Conclude();
    status = co_await std::move(concluding);
    if (!status.ok()) co_return status;
  }
  Task<absl::Status> committing = Commit();
  status = co_await std::move(committing);
  co_return status;
}

// What has to be known or set before the first batch.
Task<absl::Status> TransactionAttempt::OpenFirst() {
  if (program_.identity == TransactionProgram::Identity::kWanted) {
    Task<absl::StatusOr<postgres::ClusterIdentity>> fetching =
        postgres::FetchCluster(connection_, cancellation_);
    const absl::StatusOr<postgres::ClusterIdentity> cluster =
        co_await std::move(fetching);
    if (!cluster.ok()) co_return cluster.status();
  }
  if (program_.settings_sql.empty()) co_return absl::OkStatus();
  const std::string sql =
      absl::StrCat(program_.begin_sql, "; ", program_.settings_sql);
  Task<postgres::CommandResult> beginning =
      postgres::RunCommand(connection_, pool_.canceller(), sql,
                           context_.detail_policy(), cancellation_);
  postgres::CommandResult begun = co_await std::move(beginning);
  begin_pending_ = false;
  co_return begun.status;
}

Task<absl::Status> TransactionAttempt::RunSegment(size_t& next) {
  postgres::Batch batch(connection_, context_.detail_policy());
  Task<absl::Status> preparing = Fill(batch, next);
  Task<absl::Status> filling = Interruptibly(std::move(preparing));
  absl::Status status = co_await std::move(filling);
  if (!status.ok()) co_return status;
  Task<absl::Status> sending = Send(batch);
  status = co_await std::move(sending);
  co_return status;
}

// PostgreSQL parses a text when it gets the locks on its tables.
Task<absl::Status> TransactionAttempt::Interruptibly(
    Task<absl::Status> preparing) {
  if (cancellation_.Requested()) {
    co_return CancellationError(cancellation_.cause(), "prepare");
  }
  postgres::UnitInterrupt interrupt(connection_, pool_.canceller());
  cancellation_.Listen([&interrupt] { interrupt.Request(); });
  absl::Status status = co_await std::move(preparing);
  cancellation_.Unlisten();
  Task<void> settling = interrupt.Settle();
  co_await std::move(settling);
  if (cancellation_.Requested()) {
    co_return CancellationError(cancellation_.cause(), "prepare");
  }
  co_return status;
}

Task<absl::Status> TransactionAttempt::Fill(postgres::Batch& batch,
                                            size_t& next) {
  Task<absl::Status> opening = AddOpening(batch);
  absl::Status status = co_await std::move(opening);
  if (!status.ok()) co_return status;
  Task<absl::Status> adding = AddSteps(batch, next);
  status = co_await std::move(adding);
  if (!status.ok()) co_return status;
  if (next == program_.steps.size() &&
      program_.identity == TransactionProgram::Identity::kWanted) {
    OwnQuery query;
    query.sql = postgres::TransactionIdSql();
    Task<absl::Status> asking =
        AddOwn(batch, Part::kIdentity, query, &id_sink_);
    status = co_await std::move(asking);
  }
  co_return status;
}

Task<absl::Status> TransactionAttempt::AddOpening(postgres::Batch& batch) {
  if (begin_pending_) {
    OwnQuery query;
    query.sql = program_.begin_sql;
    Task<absl::Status> beginning = AddOwn(batch, Part::kBegin, query, nullptr);
    absl::Status status = co_await std::move(beginning);
    if (!status.ok()) co_return status;
    begin_pending_ = false;
  }
  if (claim_pending_ && program_.claim.has_value()) {
    Task<absl::Status> claiming =
        AddOwn(batch, Part::kClaim, *program_.claim, nullptr);
    absl::Status status = co_await std::move(claiming);
    // The function is not there.
    result_.claim_refused = !status.ok() && !connection_.closed();
    if (!status.ok()) co_return status;
  }
  claim_pending_ = false;
  co_return absl::OkStatus();
}

Task<absl::Status> TransactionAttempt::AddSteps(postgres::Batch& batch,
                                                size_t& next) {
  const size_t first = next;
  while (next < program_.steps.size()) {
    if (StartsSegment(batch, first, next)) break;
    TransactionStep& step = program_.steps[next];
    absl::Status status = BindResults(program_.steps, step);
    if (status.ok()) {
      Task<absl::Status> adding = AddStep(batch, next);
      status = co_await std::move(adding);
    }
    // It may need what the steps before it are going to do.
    const bool may_be_early =
        next > first && !ErrorMetadataOf(status, "sqlstate").empty() &&
        connection_.transaction_status() == postgres::TransactionStatus::kIdle;
    if (!status.ok() && may_be_early && !connection_.closed()) break;
    if (!status.ok()) {
      result_.failed_step = next;
      co_return status;
    }
    ++next;
    if (ends_segment_) break;
  }
  co_return absl::OkStatus();
}

bool TransactionAttempt::StartsSegment(const postgres::Batch& batch,
                                       size_t first, size_t index) {
  if (index == first) return false;
  const TransactionStep& step = program_.steps[index];
  if (batch.bytes() > kMaxBatchBytes ||
      program_.pace == TransactionProgram::Pace::kStepByStep ||
      !LeavesCatalogAlone(program_.steps[index - 1].facts.statement_class)) {
    return true;
  }
  if (step.bindings != nullptr) {
    for (const v1::ParameterBinding& binding : *step.bindings) {
      if (binding.step() >= first) return true;
    }
  }
  // In an open transaction a text that can't be parsed yet fails everything.
  const postgres::StatementRequest request =
      MakeRequest(*step.sql, step.parameters.declared());
  return connection_.transaction_status() !=
             postgres::TransactionStatus::kIdle &&
         !postgres::IsPrepared(connection_, pool_.types(), request);
}

Task<absl::Status> TransactionAttempt::AddStep(postgres::Batch& batch,
                                               size_t index) {
  TransactionStep& step = program_.steps[index];
  postgres::StatementRequest request =
      MakeRequest(*step.sql, step.parameters.declared());
  request.keeps_no_description = step.facts.fetches_cursor;
  Task<absl::StatusOr<postgres::Preparation>> preparing =
      postgres::Prepare(connection_, pool_.types(), request);
  const absl::StatusOr<postgres::Preparation> prepared =
      co_await std::move(preparing);
  if (!prepared.ok()) {
    if (postgres::IsAboutDroppedType(prepared.status())) {
      pool_.types().Clear();
      result_.plan_changed = true;
    }
    co_return prepared.status();
  }
  if (cancellation_.Requested()) {
    co_return CancellationError(cancellation_.cause(), "prepare");
  }
  // The unnamed statement lasts until the next one is prepared.
  ends_segment_ = prepared->cached == nullptr;
  const postgres::PreparedStatement& statement = prepared->statement();
  step.sink->Begin(statement.columns, connection_);
  begun_steps_ = index + 1;
  keys_.push_back(prepared->key);
  const auto limit =
      static_cast<size_t>(context_.limits().max_parameter_bytes());
  for (size_t row = 0; row < step.parameters.row_count(); ++row) {
    const absl::StatusOr<size_t> added =
        batch.Add(statement, step.parameters.Row(row),
                  {limit, parameter_bytes_}, step.sink);
    if (!added.ok()) {
      if (MayBeStale(added.status(), statement)) {
        pool_.types().Clear();
        ForgetPlan(prepared->key);
      }
      co_return added.status();
    }
    parameter_bytes_ += *added;
    runs_.emplace_back(Part::kStep, index, keys_.size() - 1);
  }
  co_return absl::OkStatus();
}

Task<absl::Status> TransactionAttempt::AddOwn(postgres::Batch& batch, Part part,
                                              const OwnQuery& query,
                                              postgres::RowSink* sink) {
  const postgres::StatementRequest request =
      MakeRequest(query.sql, query.parameters);
  Task<absl::StatusOr<postgres::Preparation>> preparing =
      postgres::Prepare(connection_, pool_.types(), request);
  const absl::StatusOr<postgres::Preparation> prepared =
      co_await std::move(preparing);
  if (!prepared.ok()) co_return prepared.status();
  const postgres::PreparedStatement& statement = prepared->statement();
  if (sink != nullptr) sink->Begin(statement.columns, connection_);
  const absl::Span<const v1::Value* const> row(
      query.parameters.data(), static_cast<size_t>(query.parameters.size()));
  const absl::StatusOr<size_t> added =
      batch.Add(statement, row, {kNoParameterLimit}, sink);
  if (!added.ok()) co_return added.status();
  keys_.push_back(prepared->key);
  runs_.emplace_back(part, AttemptResult::kNoStep, keys_.size() - 1);
  co_return absl::OkStatus();
}

Task<absl::Status> TransactionAttempt::Send(postgres::Batch& batch) {
  for (const BatchRun& run : runs_) {
    if (run.part != Part::kStep) continue;
    MarkSession(program_.steps[run.step].facts, connection_);
  }
  Task<postgres::BatchResult> running =
      batch.Run(pool_.canceller(), cancellation_);
  const postgres::BatchResult result = co_await std::move(running);
  Record(result);
  runs_.clear();
  keys_.clear();
  if (!result.status.ok()) co_return result.status;
  if (connection_.transaction_status() !=
      postgres::TransactionStatus::kActive) {
    co_return TransactionEndedError();
  }
  co_return absl::OkStatus();
}

void TransactionAttempt::Record(const postgres::BatchResult& result) {
  for (size_t i = 0; i < result.command_tags.size(); ++i) {
    if (runs_[i].part != Part::kStep) continue;
    TransactionStep& step = program_.steps[runs_[i].step];
    step.command_tag = result.command_tags[i];
    step.row_counts.push_back(RowsAffected(step.command_tag));
  }
  postgres::AddNotices(result.notices, result_.notices);
  if (result.types_changed) pool_.types().Clear();
  if (result.stale_run.has_value() && *result.stale_run < runs_.size()) {
    ForgetPlan(keys_[runs_[*result.stale_run].key]);
  }
  const size_t failed = result.command_tags.size();
  if (result.status.ok() || failed >= runs_.size()) return;
  result_.failed_step = runs_[failed].step;
  result_.claim_refused = runs_[failed].part == Part::kClaim && result.refused;
  if (result.plan_changed) ForgetPlan(keys_[runs_[failed].key]);
}

void TransactionAttempt::ForgetPlan(const std::string& key) {
  connection_.prepared_statements().Remove(key);
  result_.plan_changed = true;
}

// Of steps that travelled together the later ones ran whatever became of the
// earlier ones; the first fault is the one to tell. What another attempt may
// mend goes before.
absl::Status TransactionAttempt::FirstFault(absl::Status status) {
  const v1::ErrorReason reason = ReasonOf(status);
  if (connection_.closed() || cancellation_.Requested() ||
      result_.plan_changed ||
      reason == v1::ERROR_REASON_SERIALIZATION_FAILURE ||
      reason == v1::ERROR_REASON_DEADLOCK ||
      result_.failed_step == AttemptResult::kNoStep) {
    return status;
  }
  const absl::Status earlier = CheckSteps(result_.failed_step);
  return earlier.ok() ? status : earlier;
}

// The first `count`.
absl::Status TransactionAttempt::CheckSteps(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const TransactionStep& step = program_.steps[i];
    absl::Status status = step.sink->status();
    if (status.ok()) status = CheckExpectation(step);
    if (status.ok()) continue;
    result_.failed_step = i;
    return status;
  }
  return absl::OkStatus();
}

Task<absl::Status> TransactionAttempt::Conclude() {
  const OwnQuery query = program_.conclusion(result_.id);
  postgres::Batch batch(connection_, context_.detail_policy());
  Task<absl::Status> adding = AddOwn(batch, Part::kConclusion, query, nullptr);
  absl::Status status = co_await std::move(adding);
  if (!status.ok()) co_return status;
  Task<absl::Status> sending = Send(batch);
  status = co_await std::move(sending);
  co_return status;
}

Task<absl::Status> TransactionAttempt::Commit() {
  if (program_.identity == TransactionProgram::Identity::kWanted &&
      !place_.is_current()) {
    Task<absl::Status> waiting = place_.AwaitCurrent(cancellation_);
    absl::Status status = co_await std::move(waiting);
    if (!status.ok()) co_return status;
  }
  postgres::CommitOptions options;
  options.detail_policy = context_.detail_policy();
  if (result_.id.xid != 0) options.position = position_;
  Task<postgres::CommitResult> committing = postgres::SendCommit(
      connection_, pool_.canceller(), result_.id, options, cancellation_);
  postgres::CommitResult committed = co_await std::move(committing);
  result_.lsn = committed.lsn;
  // Of a transaction that only reads too: it may have sent a NOTIFY.
  result_.outcome_open = committed.outcome_open;
  postgres::AddNotices(committed.notices, result_.notices);
  co_return committed.status;
}

postgres::StatementRequest TransactionAttempt::MakeRequest(
    absl::string_view sql, const StepParameters::Values& parameters) const {
  postgres::StatementRequest request(sql, parameters);
  request.access = postgres::Access::kReadWrite;
  request.scope = postgres::Scope::kOpenTransaction;
  request.detail_policy = context_.detail_policy();
  return request;
}

}  // namespace sluice::execution

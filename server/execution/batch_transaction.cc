#include "server/execution/batch_transaction.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/event_loop.h"
#include "server/execution/grant_choice.h"
#include "server/execution/request_record.h"
#include "server/execution/request_validation.h"
#include "server/execution/result_set_sink.h"
#include "server/execution/step_validation.h"
#include "server/execution/transaction_errors.h"
#include "server/execution/transaction_options.h"
#include "server/execution/transaction_run.h"
#include "server/execution/write_record.h"
#include "server/policy/statement_rules.h"

namespace sluice::execution {
namespace {

// Room in a reply beside the values of its results: together with these no more
// than the 4 MiB that generated stubs accept.
constexpr int64_t kReplyOverheadBytes = (1 << 20) - 1024;

// The request as a program, with all that it refers to.
class BatchTransaction {
 public:
  BatchTransaction(ExecutionContext& context, const BatchTransactionWork& work)
      : context_(context),
        work_(work),
        request_(work.request),
        options_(work.request.transaction()),
        timeouts_(
            TimeoutsOf(options_, context.limits(), work.permit.app().limits)),
        times_statements_(options_.has_statement_timeout() ||
                          work.deadline.Remaining() > timeouts_.statement),
        need_(AccessOf(options_)) {}
  BatchTransaction(const BatchTransaction&) = delete;

  absl::Status Validate() const {
    absl::Status status = CheckTransactionOptions(options_);
    if (status.ok()) status = CheckSteps(request_, context_.limits());
    if (status.ok()) status = CheckRequestId(request_.request_id());
    if (status.ok()) status = CheckOptions(request_.options());
    if (status.ok() && !request_.request_id().empty() &&
        access() == postgres::Access::kReadOnly) {
      status = InvalidField("request_id", "is for transactions that write");
    }
    return status;
  }

  // Admits every statement, and finds the grant for all of them.
  Task<absl::Status> Prepare() {
    for (int i = 0; i < request_.steps_size(); ++i) {
      const v1::Step& step = request_.steps(i);
      Task<absl::StatusOr<policy::StatementFacts>> admitting =
          context_.Admit(step.statement().sql(), &policy::CheckTransaction,
                         work_.cancellation);
      absl::StatusOr<policy::StatementFacts> facts =
          co_await std::move(admitting);
      if (!facts.ok()) {
        absl::Status status = facts.status();
        SetErrorMetadata(status, "step", absl::StrCat(i));
        co_return status;
      }
      need_.Add(*facts);
      AddStep(step, *std::move(facts));
    }
    co_return FindGranted();
  }

  // Before anything is sent.
  absl::Status Record(WriteRecord& record) const {
    std::vector<const policy::StatementFacts*> statements;
    for (const TransactionStep& step : program_.steps) {
      statements.push_back(&step.facts);
    }
    return record.Begin({database_.name(), database_.role}, access(),
                        statements);
  }

  Task<absl::Status> Run() {
    program_.begin_sql = BeginSql(options_);
    program_.settings_sql = SettingsSql();
    if (access() == postgres::Access::kReadOnly) {
      program_.identity = TransactionProgram::Identity::kNone;
    }
    TransactionRun run(app(), database_, program_, work_.deadline,
                       work_.cancellation, work_.response->mutable_summary());
    run.access = access();
    run.total_timeout = timeouts_.total;
    run.retry = TransactionRun::Retry::kConflicts;
    run.name_step = TransactionRun::NameStep::kYes;
    run.complete_reply = [this] { CompleteResults(); };
    run.judge_reply = [this] { return CheckReply(); };
    std::optional<OnceCall> once;
    if (!request_.request_id().empty()) {
      once.emplace(
          RequestRecord(app(), request_.request_id(), RequestDigest(request_)),
          *work_.response, [this](const std::string& kept) {
            return ReplayInto(kept, *work_.response);
          });
      run.once = &*once;
    }
    Task<absl::Status> running = RunProgram(context_, run);
    absl::Status status = co_await std::move(running);
    co_return TellTimeout(std::move(status));
  }

 private:
  postgres::Access access() const { return AccessOf(options_); }
  const std::string& app() const { return work_.permit.app().name; }

  absl::Status FindGranted() {
    if (!request_.request_id().empty()) need_.AddRecord();
    const policy::Rights rights =
        need_.RightsOf(work_.permit, request_.database());
    absl::StatusOr<GrantedDatabase> found =
        context_.FindGranted(work_.permit, request_.database(), rights);
    if (!found.ok()) return found.status();
    database_ = *std::move(found);
    if (need_.AccessWith(rights) == postgres::Access::kReadOnly) {
      options_.set_access(v1::TRANSACTION_ACCESS_READ_ONLY);
    }
    return absl::OkStatus();
  }

  std::string SettingsSql() const {
    std::vector<std::string> settings;
    if (times_statements_) settings.push_back(StatementTimeoutSql(timeouts_));
    std::string lock_timeout = LockTimeoutSql(options_);
    if (!lock_timeout.empty()) settings.push_back(std::move(lock_timeout));
    return absl::StrJoin(settings, "; ");
  }

  void AddStep(const v1::Step& step, policy::StatementFacts facts) {
    v1::StepResult& result = *work_.response->add_results();
    sinks_.push_back(std::make_unique<ResultSetSink>(
        context_.UnaryLimits(request_.options(), work_.permit.app().limits),
        result.mutable_result_set(), &tally_));
    StepParameters parameters =
        step.parameter_columns().empty()
            ? StepParameters(step.parameters())
            : StepParameters(step.parameter_columns(), RunCountOf(step));
    TransactionStep& added =
        program_.steps.emplace_back(step.statement().sql(), std::move(facts),
                                    std::move(parameters), *sinks_.back());
    added.result_set = &result.result_set();
    added.bindings = &step.bindings();
    if (step.has_expectation()) added.expectation = &step.expectation();
  }

  void CompleteResults() {
    for (int i = 0; i < work_.response->results_size(); ++i) {
      const TransactionStep& step = program_.steps[static_cast<size_t>(i)];
      v1::StepResult& result = *work_.response->mutable_results(i);
      result.set_command_tag(step.command_tag);
      result.clear_rows_affected();
      for (const int64_t count : step.row_counts) {
        result.add_rows_affected(count);
      }
    }
  }

  // Callers' libraries refuse a reply that is longer than they expect, and then
  // nobody would know that this one was committed.
  absl::Status CheckReply() const {
    const int64_t limit =
        context_.limits().max_result_bytes() + kReplyOverheadBytes;
    const auto bytes = static_cast<int64_t>(work_.response->ByteSizeLong());
    if (bytes <= limit) return absl::OkStatus();
    return MakeError(
        absl::StatusCode::kResourceExhausted, v1::ERROR_REASON_BYTE_LIMIT,
        absl::StrCat("the reply would take ", bytes, " bytes, more than ",
                     limit, " (limits.max_result_bytes and nearly 1 MiB)"),
        {{"limit", absl::StrCat(limit)}, {"executed", "no"}});
  }

  // PostgreSQL's own timer is the gateway's doing; a cancellation before it was
  // due is somebody else's.
  absl::Status TellTimeout(absl::Status status) const {
    if (ReasonOf(status) != v1::ERROR_REASON_STATEMENT_CANCELLED ||
        !times_statements_ ||
        absl::FromChrono(SteadyNow() - started_at_) < timeouts_.statement) {
      return status;
    }
    absl::Status told = StatementTimeoutError(timeouts_.statement);
    for (const char* key : {"step", "attempt"}) {
      const std::string value = ErrorMetadataOf(status, key);
      if (!value.empty()) SetErrorMetadata(told, key, value);
    }
    return told;
  }

  ExecutionContext& context_;
  const BatchTransactionWork& work_;
  const v1::RunTransactionRequest& request_;
  // Read only, too, of an app that may do no more.
  v1::TransactionOptions options_;
  const TransactionTimeouts timeouts_;
  // Whether PostgreSQL times the statements, since they travel together; where
  // the call ends before, there is no need.
  const bool times_statements_;
  Need need_;
  GrantedDatabase database_;
  const SteadyTime started_at_ = SteadyNow();
  ResultTally tally_;
  std::vector<std::unique_ptr<ResultSetSink>> sinks_;
  TransactionProgram program_;
};

}  // namespace

Task<absl::Status> RunBatchTransaction(ExecutionContext& context,
                                       const BatchTransactionWork& work) {
  absl::Status status =
      context.CheckDatabase(work.permit, work.request.database());
  if (!status.ok()) co_return status;
  BatchTransaction transaction(context, work);
  status = transaction.Validate();
  if (!status.ok()) co_return status;
  Timer timer(context.loop());
  timer.Start(work.deadline,
              [&work] { work.cancellation.Request(CancelCause::kDeadline); });
  Task<absl::Status> preparing = transaction.Prepare();
  status = co_await std::move(preparing);
  if (!status.ok()) co_return status;
  static const AuditScope kNobody;
  WriteRecord record(work.audit == nullptr ? kNobody : *work.audit);
  status = transaction.Record(record);
  if (!status.ok()) co_return status;
  Task<absl::Status> running = transaction.Run();
  status = co_await std::move(running);
  record.End(status, work.response->summary());
  co_return status;
}

}  // namespace sluice::execution

#include "server/execution/executor.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/execution/grant_choice.h"
#include "server/execution/lone_statement.h"
#include "server/execution/read_proof.h"
#include "server/execution/request_validation.h"
#include "server/execution/transaction_run.h"
#include "server/execution/transaction_step.h"
#include "server/execution/write_record.h"
#include "server/policy/statement_rules.h"

namespace sluice::execution {
namespace {

using postgres::Access;

// Whether PostgreSQL has refused to run a statement as a read: it writes after
// all, or does what no standby can.
bool IsRefusedAsRead(const absl::Status& status) {
  return ReasonOf(status) == v1::ERROR_REASON_READ_ONLY ||
         ReasonOf(status) == v1::ERROR_REASON_FEATURE_NOT_SUPPORTED;
}

// Of work that is not to go on.
absl::Status Cancelled(const Work& work) {
  return CancellationError(work.cancellation.cause(), "queue");
}

}  // namespace

Task<absl::Status> Executor::Run(const Work& work) {
  absl::Status status = context_.CheckDatabase(work.permit, work.database);
  if (status.ok()) status = Validate(work);
  if (!status.ok()) co_return status;

  WorkTimer timer(loop(), work.deadline, work.cancellation);
  Task<absl::StatusOr<policy::StatementFacts>> admitting =
      context_.Admit(work.sql,
                     work.access == Access::kReadOnly ? &policy::CheckQuery
                                                      : &policy::CheckExecute,
                     work.cancellation);
  absl::StatusOr<policy::StatementFacts> facts = co_await std::move(admitting);
  if (!facts.ok()) co_return facts.status();
  const absl::StatusOr<Admission> admission = Grant(work, *std::move(facts));
  if (!admission.ok()) co_return admission.status();
  if (work.read_routing == v1::READ_ROUTING_AUTO && work.once == nullptr &&
      policy::MayProveRead(admission->facts)) {
    Task<absl::optional<absl::Status>> reading =
        RunIfRead(work, *admission, timer);
    absl::optional<absl::Status> read = co_await std::move(reading);
    if (read.has_value()) co_return timer.Tell(*std::move(read));
    timer.StopStatement();
  }
  Task<absl::Status> running = work.audit == nullptr
                                   ? RunAdmitted(work, *admission, timer)
                                   : RunRecorded(work, *admission, timer);
  status = co_await std::move(running);
  co_return status;
}

absl::StatusOr<Admission> Executor::Grant(const Work& work,
                                          policy::StatementFacts facts) {
  if (work.once != nullptr && facts.runs_alone) {
    return InvalidField("request_id",
                        "PostgreSQL runs this statement outside "
                        "transactions");
  }
  Need need(work.access);
  need.Add(facts);
  if (work.once != nullptr) need.AddRecord();
  const policy::Rights rights = need.RightsOf(work.permit, work.database);
  absl::StatusOr<GrantedDatabase> database =
      context_.FindGranted(work.permit, work.database, rights);
  if (!database.ok()) return database.status();
  Admission admission;
  admission.facts = std::move(facts);
  admission.database = *database;
  admission.database.time = work.time;
  admission.access = need.AccessWith(rights);
  if (work.access == Access::kReadOnly) {
    const absl::StatusOr<routing::ReadNeed> asked =
        ReadNeedOf(work.options, *database->database);
    if (!asked.ok()) return asked.status();
    admission.read_need = *asked;
  }
  return admission;
}

Task<absl::optional<absl::Status>> Executor::RunIfRead(
    const Work& work, const Admission& admission, WorkTimer& timer) {
  Database& database = *admission.database.database;
  const absl::StatusOr<routing::ReadNeed> need =
      ReadNeedOf(work.options, database);
  if (!need.ok()) co_return need.status();
  Admission read = admission;
  read.access = Access::kReadOnly;
  read.read_need = *need;

  ReadVerdicts& verdicts = database.read_verdicts();
  const std::string key =
      ReadVerdicts::MakeKey(admission.database.role, work.sql, work.parameters);
  ReadVerdict verdict = verdicts.Find(key, SteadyNow());
  if (verdict == ReadVerdict::kUnknown) {
    Task<ReadVerdict> proving = Prove(work, read, timer);
    verdict = co_await std::move(proving);
    if (verdict != ReadVerdict::kUnknown) {
      verdicts.Keep(key, verdict, Deadline::In(ReadVerdicts::kProofLife).at());
    }
    if (work.cancellation.Requested()) co_return Cancelled(work);
  }
  if (verdict != ReadVerdict::kReads) co_return absl::nullopt;

  Task<absl::Status> running = RunAlone(work, read, timer);
  absl::Status status = co_await std::move(running);
  if (!IsRefusedAsRead(status) || !work.sink.MayStartAnew()) {
    co_return std::move(status);
  }
  verdicts.Keep(key, ReadVerdict::kMayWrite,
                Deadline::In(ReadVerdicts::kRefusalLife).at());
  work.summary->Clear();
  if (work.cancellation.Requested()) co_return Cancelled(work);
  co_return absl::nullopt;
}

Task<ReadVerdict> Executor::Prove(const Work& work, const Admission& read,
                                  WorkTimer& timer) {
  Task<absl::StatusOr<Placement>> placing =
      PlaceRead(read.database, read.read_need, /*tries=*/{}, work.cancellation);
  absl::StatusOr<Placement> placed = co_await std::move(placing);
  if (!placed.ok()) co_return ReadVerdict::kUnknown;
  timer.StartStatement(work.permit.app().limits.max_statement_time);
  const ProofRequest request{
      work.sql, work.parameters, read.facts,
      static_cast<size_t>(context_.limits().max_parameter_bytes())};
  Task<ReadVerdict> proving = ProveRead(*placed, request, work.cancellation);
  const ReadVerdict verdict = co_await std::move(proving);
  co_return verdict;
}

Task<absl::Status> Executor::RunRecorded(const Work& work,
                                         const Admission& admission,
                                         WorkTimer& timer) {
  WriteRecord record(*work.audit);
  absl::Status status =
      record.Begin({admission.database.name(), admission.database.role},
                   admission.access, {&admission.facts});
  if (!status.ok()) co_return status;
  Task<absl::Status> running = RunAdmitted(work, admission, timer);
  status = co_await std::move(running);
  record.End(status, *work.summary);
  co_return status;
}

Task<absl::Status> Executor::RunAdmitted(const Work& work,
                                         const Admission& admission,
                                         WorkTimer& timer) {
  return admission.access == Access::kReadOnly || admission.facts.runs_alone
             ? RunAlone(work, admission, timer)
             : RunWrite(work, admission);
}

absl::Status Executor::Validate(const Work& work) const {
  absl::Status status = CheckSql(work.sql, context_.limits());
  if (status.ok()) status = CheckParameters(work.parameters);
  if (status.ok()) status = CheckOptions(work.options);
  return status;
}

Task<absl::Status> Executor::Describe(const DescribeWork& work) {
  const v1::DescribeRequest& request = work.request;
  absl::Status status = context_.CheckDatabase(work.permit, request.database());
  if (status.ok()) status = CheckSql(work.sql(), context_.limits());
  if (status.ok()) status = CheckParameters(request.parameters());
  if (status.ok()) status = CheckTag(request.options());
  if (status.ok() && !v1::ExplainMode_IsValid(request.explain())) {
    status = InvalidField("explain", "is not a known value");
  }
  if (!status.ok()) co_return status;

  WorkTimer timer(loop(), work.deadline, work.cancellation);
  Task<absl::StatusOr<policy::StatementFacts>> admitting =
      context_.Admit(work.sql(), &policy::CheckDescribe, work.cancellation);
  const absl::StatusOr<policy::StatementFacts> facts =
      co_await std::move(admitting);
  if (!facts.ok()) co_return facts.status();
  const absl::StatusOr<GrantedDatabase> database = context_.FindGranted(
      work.permit, request.database(), {policy::RightOf(*facts)});
  if (!database.ok()) co_return database.status();
  DescribeLimits limits;
  limits.max_parameter_bytes =
      static_cast<size_t>(context_.limits().max_parameter_bytes());
  limits.max_plan_bytes = context_.limits().max_result_bytes();
  limits.detail_policy = context_.detail_policy();
  timer.StartStatement(work.permit.app().limits.max_statement_time);
  Task<absl::Status> describing =
      DescribeAdmitted(work, *facts, limits, *database);
  status = co_await std::move(describing);
  co_return timer.Tell(std::move(status));
}

Task<absl::Status> Executor::RunWrite(const Work& work,
                                      const Admission& admission) {
  TransactionProgram program;
  program.begin_sql = "BEGIN";
  program.steps.emplace_back(work.sql, admission.facts,
                             StepParameters(work.parameters), work.sink);
  TransactionRun run(work.permit.app().name, admission.database, program,
                     work.deadline, work.cancellation, work.summary);
  run.once = work.once;
  const policy::AppLimits& limits = work.permit.app().limits;
  run.total_timeout =
      std::min(limits.max_statement_time, limits.max_transaction_time);
  run.timeout_of = TransactionRun::TimeoutOf::kStatement;
  run.complete_reply = [&work, &program] {
    work.summary->set_command_tag(program.steps.front().command_tag);
  };
  Task<absl::Status> running = RunProgram(context_, run);
  absl::Status status = co_await std::move(running);
  co_return status;
}

Task<absl::Status> Executor::RunAlone(const Work& work,
                                      const Admission& admission,
                                      WorkTimer& timer) {
  LoneStatement statement(context_, work, admission, timer);
  Task<absl::Status> running = statement.Run();
  absl::Status status = co_await std::move(running);
  co_return status;
}

void Executor::Serve(std::shared_ptr<const policy::Policy> policy) {
  loop().Post([this, policy = std::move(policy)] { context_.Serve(policy); });
}

void Executor::Update(std::shared_ptr<const topology::Topology> topology) {
  loop().Post(
      [this, topology = std::move(topology)] { context_.Update(topology); });
}

void Executor::HoldWrites(const std::string& cluster, absl::Duration most) {
  loop().Post([this, cluster, most] { context_.HoldWrites(cluster, most); });
}

void Executor::ReleaseWrites(const std::string& cluster) {
  loop().Post([this, cluster] { context_.ReleaseWrites(cluster); });
}

bool Executor::IsReachable(absl::string_view name) const {
  const Database* database = context_.FindDatabase(name);
  return database != nullptr && database->reachable();
}

std::string Executor::PostgresVersion(absl::string_view name) const {
  const Database* database = context_.FindDatabase(name);
  return database == nullptr ? "" : database->server_version();
}

}  // namespace sluice::execution

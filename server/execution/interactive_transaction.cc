#include "server/execution/interactive_transaction.h"

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"
#include "server/execution/grant_choice.h"
#include "server/execution/outcome_reference.h"
#include "server/execution/request_validation.h"
#include "server/execution/session_mark.h"
#include "server/execution/statement_summary.h"
#include "server/execution/transaction_errors.h"
#include "server/policy/statement_rules.h"
#include "server/postgres/statement.h"

namespace sluice::execution {
namespace {

using postgres::Connection;
using postgres::TransactionStatus;

// PostgreSQL cuts longer identifiers, and would take two for one.
constexpr size_t kMaxNameBytes = 63;

absl::Status CheckName(const std::string& name) {
  if (name.empty()) return InvalidField("name", "is missing");
  if (name.size() > kMaxNameBytes) {
    return InvalidField("name", "is longer than 63 bytes");
  }
  if (name.find('\0') != std::string::npos) {
    return InvalidField("name", "holds a NUL");
  }
  return absl::OkStatus();
}

std::string QuoteIdentifier(absl::string_view name) {
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

absl::Status CheckStatement(const v1::TransactStatement& statement,
                            const config::v1::Limits& limits) {
  absl::Status status = CheckSql(statement.statement().sql(), limits);
  if (status.ok()) status = CheckParameters(statement.parameters());
  if (status.ok()) status = CheckOptions(statement.options());
  if (status.ok() && !v1::ResultDelivery_IsValid(statement.delivery())) {
    status = InvalidField("delivery", "is not a known value");
  }
  return status;
}

}  // namespace

class InteractiveTransaction::Unit {
 public:
  Unit(InteractiveTransaction& transaction, Cancellation& cancellation)
      : transaction_(transaction) {
    transaction_.running_ = &cancellation;
    transaction_.timed_out_ = false;
  }
  ~Unit() {
    transaction_.running_ = nullptr;
    transaction_.statement_.Stop();
  }
  Unit(const Unit&) = delete;

 private:
  InteractiveTransaction& transaction_;
};

InteractiveTransaction::InteractiveTransaction(ExecutionContext& context,
                                               policy::Permit permit,
                                               std::function<void()> on_stop)
    : context_(context),
      permit_(std::move(permit)),
      on_stop_(std::move(on_stop)),
      timeouts_(TimeoutsOf({}, context.limits(), permit_.app().limits)),
      statement_(context.loop()),
      idle_(context.loop()),
      total_(context.loop()) {}

TransactionSide InteractiveTransaction::SideOf(Cancellation& cancellation) {
  return {context_, database_, access_, cancellation};
}

absl::Status InteractiveTransaction::CheckBegin(
    const v1::TransactBegin& begin) {
  absl::Status status = CheckTransactionOptions(begin.transaction());
  if (status.ok()) status = CheckTag("tag", begin.tag());
  if (!status.ok()) return status;
  status = context_.CheckDatabase(permit_, begin.database());
  if (!status.ok()) return status;
  access_ = AccessOf(begin.transaction());
  const absl::StatusOr<const policy::Grant*> grant =
      FindTransactionGrant(permit_, begin.database(), access_);
  if (!grant.ok()) return grant.status();
  absl::StatusOr<GrantedDatabase> database =
      context_.FindGranted(permit_, **grant);
  if (!database.ok()) return database.status();
  database_ = *std::move(database);
  database_.time = postgres::HoldTime::kLong;
  rights_ = RightsUnder(permit_, **grant);
  return absl::OkStatus();
}

absl::Status InteractiveTransaction::CheckRight(
    const policy::StatementFacts& facts) const {
  Need need(access_);
  need.Add(facts);
  const policy::Rights missing =
      need.RightsOf(permit_, database_.name()).Without(rights_);
  return missing.empty() ? absl::OkStatus()
                         : policy::AccessDeniedError(database_.name(), missing);
}

Task<absl::Status> InteractiveTransaction::Begin(const v1::TransactBegin& begin,
                                                 policy::AppUsage::Place place,
                                                 v1::TransactBegun* begun) {
  usage_ = std::move(place);
  absl::Status status = stopped_.ok() ? CheckBegin(begin) : stopped_;
  if (status.ok()) {
    timeouts_ = TimeoutsOf(begin.transaction(), context_.limits(),
                           permit_.app().limits);
    Cancellation cancellation;
    const Unit unit(*this, cancellation);
    const TransactionSide side = SideOf(cancellation);
    Task<absl::Status> opening = OpenTransaction(side, begin, place_, begun);
    status = co_await std::move(opening);
    if (!stopped_.ok()) status = stopped_;
  }
  if (!status.ok()) {
    over_ = true;
    usage_ = policy::AppUsage::Place();
    co_return status;
  }
  state_ = v1::TRANSACTION_STATE_ACTIVE;
  connection().OnIdleLoss([this] { Stop(TransactionLostError()); });
  total_.Start(Deadline::In(timeouts_.total),
               [this] { Stop(TransactionTimeoutError(timeouts_.total)); });
  co_return Conclude(absl::OkStatus());
}

Task<absl::Status> InteractiveTransaction::Run(
    const v1::TransactStatement& statement, ResultSink& sink,
    Cancellation& cancellation, v1::ExecutionSummary* summary) {
  absl::Status status = CheckActive();
  if (!status.ok()) co_return status;
  status = CheckStatement(statement, context_.limits());
  if (status.ok()) {
    const Unit unit(*this, cancellation);
    StartStatementTimer(cancellation);
    Task<absl::Status> running =
        RunAdmitted(statement, sink, cancellation, summary);
    status = co_await std::move(running);
  }
  co_return Conclude(std::move(status));
}

Task<absl::Status> InteractiveTransaction::RunAdmitted(
    const v1::TransactStatement& statement, ResultSink& sink,
    Cancellation& cancellation, v1::ExecutionSummary* summary) {
  const std::string& sql = statement.statement().sql();
  Task<absl::StatusOr<policy::StatementFacts>> admitting =
      context_.Admit(sql, &policy::CheckTransaction, cancellation);
  const absl::StatusOr<policy::StatementFacts> facts =
      co_await std::move(admitting);
  if (!facts.ok()) co_return facts.status();
  absl::Status status = CheckRight(*facts);
  if (!status.ok()) co_return status;
  Task<absl::Status> running =
      IsRecorded(*facts, access_)
          ? RunRecorded(statement, *facts, sink, cancellation, summary)
          : RunStatement(statement, *facts, sink, cancellation, summary);
  status = co_await std::move(running);
  co_return status;
}

Task<absl::Status> InteractiveTransaction::RunRecorded(
    const v1::TransactStatement& statement, const policy::StatementFacts& facts,
    ResultSink& sink, Cancellation& cancellation,
    v1::ExecutionSummary* summary) {
  WriteRecord record(audit_);
  absl::Status status = record.Begin({database_.name(), database_.role},
                                     access_, {&facts}, record_.seq());
  if (!status.ok()) co_return status;
  record_.Add(record);
  Task<absl::Status> running =
      RunStatement(statement, facts, sink, cancellation, summary);
  status = co_await std::move(running);
  record.End(status, *summary);
  co_return status;
}

Task<absl::Status> InteractiveTransaction::RunStatement(
    const v1::TransactStatement& statement, const policy::StatementFacts& facts,
    ResultSink& sink, Cancellation& cancellation,
    v1::ExecutionSummary* summary) {
  Connection& connection = this->connection();
  postgres::StatementRequest request(statement.statement().sql(),
                                     statement.parameters());
  request.access = access_;
  request.scope = postgres::Scope::kOpenTransaction;
  request.keeps_no_description = facts.fetches_cursor;
  request.detail_policy = context_.detail_policy();
  request.max_parameter_bytes =
      static_cast<size_t>(context_.limits().max_parameter_bytes());
  const SteadyTime started_at = SteadyNow();
  Task<postgres::StatementResult> running = postgres::RunStatement(
      connection, place_->pool().types(), place_->pool().canceller(), request,
      sink, cancellation);
  postgres::StatementResult result = co_await std::move(running);
  if (result.sent) MarkSession(facts, connection);
  if (IsDemoted(*place_, access_, result.status)) {
    place_->NoteFailure(topology::Suspicion::kReadOnly);
  }
  if (!result.status.ok()) co_return std::move(result.status);
  FillSummary(result, sink, access_, *summary);
  place_->Describe(*summary);
  summary->set_attempts(1);
  ToProto(absl::FromChrono(SteadyNow() - started_at),
          summary->mutable_run_time());
  co_return sink.status();
}

void InteractiveTransaction::StartStatementTimer(Cancellation& cancellation) {
  statement_.Start(Deadline::In(timeouts_.statement), [this, &cancellation] {
    timed_out_ = true;
    cancellation.Request(CancelCause::kDeadline);
  });
}

absl::Status InteractiveTransaction::CheckActive() const {
  if (!stopped_.ok()) return stopped_;
  return state_ == v1::TRANSACTION_STATE_FAILED ? TransactionFailedError()
                                                : absl::OkStatus();
}

Task<absl::Status> InteractiveTransaction::SetSavepoint(
    const std::string& name) {
  absl::Status status = CheckActive();
  if (!status.ok()) co_return status;
  Task<absl::Status> running = RunSavepointCommand("SAVEPOINT ", name);
  status = co_await std::move(running);
  co_return status;
}

Task<absl::Status> InteractiveTransaction::ReleaseSavepoint(
    const std::string& name) {
  absl::Status status = CheckActive();
  if (!status.ok()) co_return status;
  Task<absl::Status> running = RunSavepointCommand("RELEASE SAVEPOINT ", name);
  status = co_await std::move(running);
  co_return status;
}

// PostgreSQL takes this command in a failed transaction too.
Task<absl::Status> InteractiveTransaction::RollBackTo(const std::string& name) {
  if (!stopped_.ok()) co_return stopped_;
  Task<absl::Status> running =
      RunSavepointCommand("ROLLBACK TO SAVEPOINT ", name);
  absl::Status status = co_await std::move(running);
  co_return status;
}

Task<absl::Status> InteractiveTransaction::RunSavepointCommand(
    absl::string_view command, const std::string& name) {
  absl::Status status = CheckName(name);
  if (status.ok()) {
    const std::string sql = absl::StrCat(command, QuoteIdentifier(name));
    Cancellation cancellation;
    const Unit unit(*this, cancellation);
    StartStatementTimer(cancellation);
    Task<postgres::CommandResult> running =
        postgres::RunCommand(connection(), place_->pool().canceller(), sql,
                             context_.detail_policy(), cancellation);
    postgres::CommandResult result = co_await std::move(running);
    status = std::move(result.status);
  }
  co_return Conclude(std::move(status));
}

absl::Status InteractiveTransaction::Conclude(absl::Status status) {
  if (timed_out_ && ReasonOf(status) == v1::ERROR_REASON_DEADLINE_EXCEEDED) {
    status = StatementTimeoutError(timeouts_.statement);
  }
  const Connection& connection = this->connection();
  if (connection.closed()) return ConcludeLost(std::move(status));
  if (!stopped_.ok()) return stopped_;
  switch (connection.transaction_status()) {
    case TransactionStatus::kIdle:
      // Whether by a commit or not, nobody can tell.
      over_ = true;
      return TransactionEndedError();
    case TransactionStatus::kFailed:
      state_ = v1::TRANSACTION_STATE_FAILED;
      return status.ok() ? TransactionFailedError() : std::move(status);
    case TransactionStatus::kActive:
      break;
  }
  state_ =
      status.ok() ? v1::TRANSACTION_STATE_ACTIVE : v1::TRANSACTION_STATE_FAILED;
  return status;
}

// A statement that did not stop when its time was up took the connection with
// it.
absl::Status InteractiveTransaction::ConcludeLost(absl::Status status) {
  Finish(v1::TRANSACTION_STATE_ROLLED_BACK);
  if (!stopped_.ok()) return stopped_;
  if (status.ok() || ReasonOf(status) == v1::ERROR_REASON_CONNECTION_LOST) {
    return TransactionLostError();
  }
  SetErrorMetadata(status, "executed", "no");
  return status;
}

Task<absl::Status> InteractiveTransaction::Commit(
    v1::TransactCommitted* committed) {
  absl::Status status = CheckActive();
  if (status.ok()) {
    Cancellation cancellation;
    const Unit unit(*this, cancellation);
    const TransactionSide side = SideOf(cancellation);
    Task<postgres::CommitResult> committing = CommitTransaction(side, *place_);
    const postgres::CommitResult result = co_await std::move(committing);
    status = ConcludeCommit(result, committed);
  }
  Task<void> ending = End();
  co_await std::move(ending);
  co_return status;
}

absl::Status InteractiveTransaction::ConcludeCommit(
    const postgres::CommitResult& result, v1::TransactCommitted* committed) {
  if (result.status.ok()) {
    state_ = v1::TRANSACTION_STATE_COMMITTED;
    over_ = true;
    committed->set_outcome_reference(MakeReference(result.id));
    if (result.id.xid != 0) {
      committed->set_consistency_token(
          MakeConsistencyToken(connection(), result.lsn));
    }
    return absl::OkStatus();
  }
  if (!result.outcome_open) return stopped_.ok() ? result.status : stopped_;
  // Of a transaction that only reads too: it may have sent a NOTIFY.
  state_ = v1::TRANSACTION_STATE_UNSPECIFIED;
  over_ = true;
  return OutcomeUnknownError(result.status, MakeReference(result.id));
}

std::string InteractiveTransaction::MakeReference(
    const postgres::TransactionId& id) const {
  return SealTransaction(context_.sealer(), id, database_.name(),
                         permit_.app().name, nullptr);
}

Task<absl::Status> InteractiveTransaction::RollBack() {
  Task<void> ending = End();
  co_await std::move(ending);
  co_return absl::OkStatus();
}

void InteractiveTransaction::Stop(absl::Status reason) {
  if (over_ || !stopped_.ok()) return;
  const CancelCause cause = absl::IsDeadlineExceeded(reason)
                                ? CancelCause::kDeadline
                                : CancelCause::kCaller;
  stopped_ = std::move(reason);
  // While a request is in progress, nothing is gone after this call.
  Cancellation* const running = running_;
  on_stop_();
  if (running != nullptr) running->Request(cause);
}

void InteractiveTransaction::StartIdle() {
  idle_.Start(Deadline::In(timeouts_.idle),
              [this] { Stop(TransactionIdleError(timeouts_.idle)); });
}

Task<void> InteractiveTransaction::End() {
  if (place_.has_value()) {
    connection().OnIdleLoss(nullptr);
    Task<void> rolling_back =
        postgres::RollBack(connection(), place_->pool().canceller());
    co_await std::move(rolling_back);
  }
  Finish(over_ ? state_ : v1::TRANSACTION_STATE_ROLLED_BACK);
}

void InteractiveTransaction::Finish(v1::TransactionState state) {
  state_ = state;
  if (database_.database != nullptr) record_.End(database_.name(), state);
  over_ = true;
  total_.Stop();
  idle_.Stop();
  if (place_.has_value()) connection().OnIdleLoss(nullptr);
  place_.reset();
  usage_ = policy::AppUsage::Place();
}

}  // namespace sluice::execution

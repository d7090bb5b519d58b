#include "server/rpc/transact_conversation.h"

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"
#include "server/execution/request_validation.h"
#include "server/execution/result_set_sink.h"
#include "server/execution/stream_sink.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_limits.h"
#include "server/rpc/status_conversion.h"

namespace sluice::rpc {
namespace {

using Request = v1::TransactRequest;

// How long the last reply may take to be written when something has stopped
// the transaction.
constexpr absl::Duration kLastPatience = absl::Seconds(1);

absl::Status HalfClosedError() {
  return MakeError(absl::StatusCode::kCancelled, v1::ERROR_REASON_CANCELLED,
                   "the caller ended its requests before a commit",
                   {{"executed", "no"}, {"phase", "transaction"}});
}

constexpr absl::string_view kMethod = "/sluice.v1.Database/Transact";

bool IsStreamed(const Request& request) {
  return request.statement().delivery() == v1::RESULT_DELIVERY_STREAM;
}

}  // namespace

TransactConversation::TransactConversation(Worker& worker, TransactCall& call,
                                           AdmittedCall& admitted)
    : worker_(worker),
      call_(call),
      admitted_(admitted),
      writer_(call.stream, call.context, worker.executor.loop(),
              FromProto(worker.state.limits.max_stream_stall())),
      reader_(call.stream, worker.executor.loop(),
              [this] { transaction_.Stop(HalfClosedError()); }),
      transaction_(worker.executor.context(), admitted.caller.permit(),
                   [this] {
                     writer_.Interrupt();
                     reader_.Close();
                   }),
      deadline_(worker.executor.loop()) {}

void TransactConversation::Open() {
  transaction_.SetAuditScope(AuditScopeOf(
      worker_.state.parts.audit, admitted_.caller, call_.context, kMethod));
  worker_.transactions.Add(&transaction_);
  deadline_.Start(
      DeadlineOf(call_.context, TransactDuration(worker_.state.limits)),
      [this] {
        transaction_.Stop(
            CancellationError(CancelCause::kDeadline, "transaction"));
      });
  Cancellation& gone = call_.end.cancellation();
  const auto stop = [this, &gone] {
    transaction_.Stop(CancellationError(gone.cause(), "transaction"));
  };
  if (gone.Requested()) return stop();
  gone.Listen(stop);
  reader_.Start();
}

Task<absl::Status> TransactConversation::Run() {
  Open();
  Task<absl::Status> conversing = Converse();
  absl::Status status = co_await std::move(conversing);
  call_.end.cancellation().Unlisten();
  deadline_.Stop();
  reader_.Close();
  Task<void> ending = transaction_.End();
  co_await std::move(ending);
  worker_.transactions.Remove(&transaction_);
  Task<void> settling = writer_.Settle(
      transaction_.stopped().ok() ? absl::InfiniteDuration() : kLastPatience);
  co_await std::move(settling);
  co_return status;
}

Task<absl::Status> TransactConversation::Converse() {
  for (;;) {
    transaction_.StartIdle();
    Task<std::unique_ptr<Request>> reading = reader_.Next();
    const std::unique_ptr<Request> request = co_await std::move(reading);
    transaction_.EndIdle();
    if (request == nullptr) co_return GoneStatus();
    absl::Status status = CheckOrder(*request);
    if (!status.ok()) co_return status;
    Task<absl::Status> answering = Answer(*request);
    status = co_await std::move(answering);
    if (!status.ok() || transaction_.is_over()) co_return status;
  }
}

absl::Status TransactConversation::CheckOrder(const Request& request) {
  if (last_sequence_.has_value() && request.sequence() <= *last_sequence_) {
    return execution::InvalidField("sequence",
                                   "is not greater than the one before");
  }
  last_sequence_ = request.sequence();
  if (request.request_case() == Request::REQUEST_NOT_SET) {
    return execution::InvalidField("request", "is missing");
  }
  if (request.has_begin() == transaction_.has_begun()) {
    return request.has_begin()
               ? execution::InvalidField("begin", "comes a second time")
               : execution::InvalidField("begin", "is missing");
  }
  return absl::OkStatus();
}

Task<absl::Status> TransactConversation::Answer(const Request& request) {
  absl::Status status;
  if (IsStreamed(request)) {
    Task<absl::Status> streaming = RunStream(request);
    status = co_await std::move(streaming);
    if (status.ok()) co_return status;
  } else {
    v1::TransactResponse reply;
    reply.set_sequence(request.sequence());
    Task<absl::Status> doing = Do(request, reply);
    status = co_await std::move(doing);
    if (status.ok()) {
      Task<absl::Status> replying = Reply(reply);
      status = co_await std::move(replying);
      co_return status;
    }
  }
  NoteIfDenied(worker_.state.parts.audit, admitted_.caller, call_.context,
               kMethod, request.begin().database(), status);
  if (transaction_.is_over() || !transaction_.stopped().ok()) co_return status;
  Task<absl::Status> replying = ReplyError(request, status);
  status = co_await std::move(replying);
  co_return status;
}

Task<absl::Status> TransactConversation::Do(const Request& request,
                                            v1::TransactResponse& reply) {
  switch (request.request_case()) {
    case Request::kBegin:
      return Begin(request.begin(), reply);
    case Request::kStatement:
      return RunWhole(request.statement(), reply);
    case Request::kSavepoint:
      reply.mutable_done();
      return transaction_.SetSavepoint(request.savepoint().name());
    case Request::kRollbackTo:
      reply.mutable_done();
      return transaction_.RollBackTo(request.rollback_to().name());
    case Request::kRelease:
      reply.mutable_done();
      return transaction_.ReleaseSavepoint(request.release().name());
    case Request::kCommit:
      return transaction_.Commit(reply.mutable_committed());
    case Request::kRollback:
    case Request::REQUEST_NOT_SET:
      break;
  }
  reply.mutable_rolled_back();
  return transaction_.RollBack();
}

Task<absl::Status> TransactConversation::Begin(const v1::TransactBegin& begin,
                                               v1::TransactResponse& reply) {
  absl::Status status = DescribeCall(
      worker_, admitted_, MakeSubject(begin.database(), begin.tag()));
  if (status.ok()) {
    status = admitted_.caller.permit().CheckDatabase(begin.database());
  }
  if (status.ok() && worker_.state.draining.load()) {
    status = ShuttingDownError();
  }
  policy::AppUsage::Place place;
  if (status.ok()) {
    absl::StatusOr<policy::AppUsage::Place> admitted =
        worker_.state.parts.guard.AdmitTransaction(admitted_.caller);
    status = admitted.status();
    if (admitted.ok()) place = *std::move(admitted);
  }
  // Before it has begun it can only be given up.
  if (!status.ok()) transaction_.Stop(status);
  Task<absl::Status> beginning =
      transaction_.Begin(begin, std::move(place), reply.mutable_begun());
  status = co_await std::move(beginning);
  co_return status;
}

Task<absl::Status> TransactConversation::RunWhole(
    const v1::TransactStatement& statement, v1::TransactResponse& reply) {
  v1::TransactResult& result = *reply.mutable_result();
  Cancellation cancellation;
  execution::ResultSetSink sink(
      worker_.executor.context().UnaryLimits(
          statement.options(), admitted_.caller.permit().app().limits),
      result.mutable_result_set());
  Task<absl::Status> running =
      transaction_.Run(statement, sink, cancellation, result.mutable_summary());
  absl::Status status = co_await std::move(running);
  co_return status;
}

Task<absl::Status> TransactConversation::RunStream(const Request& request) {
  const v1::TransactStatement& statement = request.statement();
  Task<bool> waiting = writer_.AwaitTurn();
  const bool has_turn = co_await std::move(waiting);
  if (!has_turn) co_return GoneStatus();
  writer_.SetSequence(request.sequence());
  writer_.SetState(v1::TRANSACTION_STATE_ACTIVE);
  Cancellation cancellation;
  execution::StreamSink sink(
      worker_.executor.context().StreamLimits(
          statement.options(), admitted_.caller.permit().app().limits),
      worker_.executor.loop(), writer_,
      FromProto(worker_.state.limits.max_stream_stall()), cancellation);
  v1::ExecutionSummary summary;
  Task<absl::Status> running =
      transaction_.Run(statement, sink, cancellation, &summary);
  absl::Status status = co_await std::move(running);
  // A caller who is slow to take rows is let take them: the transaction goes
  // on. What stops it ends this as well.
  Task<void> ending = status.ok() ? sink.Finish(summary)
                                  : sink.Abandon(absl::InfiniteDuration());
  co_await std::move(ending);
  co_return status.ok() ? transaction_.stopped() : status;
}

Task<absl::Status> TransactConversation::Reply(v1::TransactResponse& reply) {
  reply.set_state(transaction_.state());
  Task<bool> waiting = writer_.AwaitTurn();
  const bool has_turn = co_await std::move(waiting);
  if (!has_turn) co_return GoneStatus();
  writer_.Send(reply);
  co_return absl::OkStatus();
}

Task<absl::Status> TransactConversation::ReplyError(
    const Request& request, const absl::Status& status) {
  v1::TransactResponse reply;
  reply.set_sequence(request.sequence());
  *reply.mutable_error() = ToCallError(status);
  Task<absl::Status> replying = Reply(reply);
  absl::Status replied = co_await std::move(replying);
  co_return replied;
}

absl::Status TransactConversation::GoneStatus() const {
  return transaction_.stopped().ok()
             ? CancellationError(CancelCause::kCaller, "reply")
             : transaction_.stopped();
}

}  // namespace sluice::rpc

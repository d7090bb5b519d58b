#include "server/postgres/statement.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/base/error.h"
#include "server/postgres/bind_message.h"
#include "server/postgres/notice_list.h"
#include "server/postgres/statement_preparation.h"
#include "server/postgres/unit_interrupt.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

// So much of a stopped result is read past before PostgreSQL is asked to stop
// producing it.
constexpr size_t kPatienceBytes = 1 << 20;
// The answer to Bind and Execute.
class ExecuteReply : public ReplyHandler {
 public:
  ExecuteReply(Connection& connection, RowSink& sink, UnitInterrupt& interrupt,
               const StatementRequest& request)
      : connection_(connection),
        sink_(sink),
        interrupt_(interrupt),
        request_(request) {}

  void OnMessage(char type, absl::string_view body) override {
    switch (type) {
      case message::kDataRow:
        return OnRow(body);
      case message::kBindComplete:
        is_bound_ = true;
        return;
      case message::kCommandComplete:
        result_.command_tag = std::string(MessageReader(body).CString());
        return;
      case message::kCopyInResponse:
      case message::kCopyOutResponse:
      case message::kCopyBothResponse:
        // Refused by class before it is sent; nothing here could answer it.
        return connection_.Close();
      default:
        return;
    }
  }

  void OnError(const ServerError& error) override {
    if (!error_.has_value()) error_ = error;
  }

  void OnNotice(const ServerError& notice) override {
    if (notice.SaysCommitMayBeLost()) {
      result_.outcome_open = true;
      result_.status = notice.ToStatus(request_.detail_policy);
    }
    AddNotice(notice, request_.detail_policy, result_.notices);
  }

  size_t RowBudget() const override {
    return stopped() ? 0 : sink_.RowBudget();
  }

  LongRow OnLongRow(size_t bytes) override {
    NoteRow();
    if (!stopped()) Take(sink_.AddLongRow(bytes));
    if (!stopped()) return LongRow::kTakePieces;
    Drop(bytes);
    return LongRow::kSkip;
  }

  LongRow OnRowPiece(absl::string_view piece) override {
    Take(sink_.AddPiece(piece));
    return stopped() ? LongRow::kSkip : LongRow::kTakePieces;
  }

  const std::optional<ServerError>& error() const { return error_; }
  // Whether PostgreSQL took the prepared statement for execution.
  bool is_bound() const { return is_bound_; }
  bool has_rows() const { return has_rows_; }
  bool stopped() const { return next_ == RowSink::Next::kStop || failed(); }
  bool failed() const { return next_ == RowSink::Next::kFail || is_stale(); }
  // Whether a row was not of the types that were looked up.
  bool is_stale() const { return next_ == RowSink::Next::kStale; }
  StatementResult TakeResult() { return std::move(result_); }

 private:
  void OnRow(absl::string_view body) {
    NoteRow();
    if (stopped()) return Drop(body.size());
    Take(sink_.AddRow(body));
  }

  void NoteRow() {
    if (std::exchange(has_rows_, true)) return;
    if (request_.on_first_row != nullptr) request_.on_first_row();
  }

  void Take(RowSink::Next next) {
    next_ = next;
    // After a cancel request the rows have to flow for PostgreSQL to see it.
    if (next == RowSink::Next::kPause && !interrupt_.requested()) {
      connection_.Pause();
    }
  }

  void Drop(size_t bytes) {
    dropped_bytes_ += bytes;
    if (dropped_bytes_ > kPatienceBytes && MayInterrupt()) {
      interrupt_.Request();
    }
  }

  // A write is let run, and so is a statement that is to end well in a
  // transaction, which a cancel request would fail.
  bool MayInterrupt() const {
    return request_.scope == Scope::kOpenTransaction
               ? failed()
               : request_.access == Access::kReadOnly;
  }

  Connection& connection_;
  RowSink& sink_;
  UnitInterrupt& interrupt_;
  const StatementRequest& request_;
  RowSink::Next next_ = RowSink::Next::kContinue;
  bool is_bound_ = false;
  bool has_rows_ = false;
  size_t dropped_bytes_ = 0;
  std::optional<ServerError> error_;
  StatementResult result_;
};

// What one attempt gave.
struct Attempt {
  StatementResult result;
  // The plan, or what is known of its types, was stale.
  bool prepare_again = false;
  // And the types have to be looked up again.
  bool types_changed = false;
};

// A transaction that was open when its connection was lost is rolled back.
void ConcludeOpenTransaction(StatementResult& result) {
  result.outcome_open = false;
  if (!ErrorMetadataOf(result.status, "executed").empty()) {
    SetErrorMetadata(result.status, "executed", "no");
  }
}

// The transaction has failed, and would not if it were run again.
absl::Status PlanChanged(const absl::Status& cause) {
  absl::Status status = MakeError(
      absl::StatusCode::kAborted, v1::ERROR_REASON_PLAN_CHANGED,
      absl::StrCat("a table or type was altered under a prepared statement: ",
                   cause.message()),
      {{"executed", "no"}});
  const std::string sqlstate = ErrorMetadataOf(cause, "sqlstate");
  if (!sqlstate.empty()) SetErrorMetadata(status, "sqlstate", sqlstate);
  return status;
}

StatementResult Failed(absl::Status status) {
  StatementResult result;
  result.connection_lost = ReasonOf(status) == v1::ERROR_REASON_CONNECTION_LOST;
  result.status = std::move(status);
  return result;
}

absl::Status ConnectionLost(absl::string_view executed) {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_CONNECTION_LOST,
                   "the connection to PostgreSQL was lost",
                   {{"phase", "execute"}, {"executed", executed}});
}

// The result of a unit whose connection was lost.
void ConcludeLost(Connection::UnitEnd end,
                  const std::optional<ServerError>& error,
                  const StatementRequest& request, StatementResult& result) {
  result.connection_lost = true;
  if (end == Connection::UnitEnd::kNotSent) {
    result.status = ConnectionLost("no");
    return;
  }
  result.outcome_open = !error.has_value() || error->LeavesOutcomeOpen();
  result.status = error.has_value() ? error->ToStatus(request.detail_policy)
                                    : ConnectionLost("unknown");
}

// Whether an error that came after the sink had ended the result is nobody's
// concern. In a transaction it is, unless the caller is told of another.
bool MayPassOver(const ServerError& error, const ExecuteReply& reply,
                 const StatementRequest& request) {
  if (request.scope == Scope::kOpenTransaction) return reply.failed();
  return error.IsCancel() || request.access == Access::kReadOnly;
}

// Turns the end of a unit into the result.
Attempt Conclude(ExecuteReply& reply, Connection::UnitEnd end,
                 const StatementRequest& request,
                 const Cancellation& cancellation) {
  Attempt attempt;
  attempt.result = reply.TakeResult();
  StatementResult& result = attempt.result;
  const std::optional<ServerError>& error = reply.error();
  result.sent = end != Connection::UnitEnd::kNotSent;
  if (end != Connection::UnitEnd::kReady) {
    // The sink had enough, and PostgreSQL would not stop.
    if (reply.stopped() && request.access == Access::kReadOnly) return attempt;
    ConcludeLost(end, error, request, result);
    // Lost on purpose, since a cancel request was not obeyed in time.
    if (cancellation.Requested() && request.access == Access::kReadOnly) {
      result.status = CancellationError(cancellation.cause(), "execute");
    }
    return attempt;
  }
  // A read that was stopped may fail at a row that nobody wants.
  if (!error.has_value() ||
      (reply.stopped() && MayPassOver(*error, reply, request))) {
    return attempt;
  }
  result.outcome_open = error->LeavesOutcomeOpen();
  result.status = error->IsCancel() && cancellation.Requested()
                      ? CancellationError(cancellation.cause(), "execute")
                      : error->ToStatus(request.detail_policy);
  attempt.types_changed =
      error->IsAboutChangedType() || IsAboutDroppedType(result.status);
  // Once it is bound, an error may be a function's own: a procedure may have
  // committed before it, and rows may have come.
  attempt.prepare_again =
      reply.is_bound() ? attempt.types_changed && !reply.has_rows() &&
                             request.access == Access::kReadOnly
                       : attempt.types_changed || error->AsksToPrepareAgain();
  return attempt;
}

// Close messages for what the connection's cache has forgotten, then `bind`.
std::string PrependCloses(Connection& connection, std::string bind) {
  const std::vector<std::string> names =
      connection.prepared_statements().TakeClosable();
  if (names.empty()) return bind;
  std::string messages;
  MessageWriter writer(messages);
  for (const std::string& name : names) writer.CloseStatement(name);
  messages.append(bind);
  return messages;
}

Task<Attempt> ExecutePrepared(Connection& connection, UnitInterrupt& interrupt,
                              const PreparedStatement& statement,
                              const StatementRequest& request, RowSink& sink,
                              const Cancellation& cancellation) {
  Attempt attempt;
  std::string messages;
  const absl::Span<const v1::Value* const> parameters(
      request.parameters.data(),
      static_cast<size_t>(request.parameters.size()));
  const absl::StatusOr<size_t> bound =
      WriteBind(statement, parameters, {request.max_parameter_bytes}, messages);
  if (!bound.ok()) {
    // A composite may have got another field.
    attempt.types_changed = attempt.prepare_again =
        ReasonOf(bound.status()) == v1::ERROR_REASON_PARAMETER_MALFORMED &&
        std::any_of(statement.parameters.begin(), statement.parameters.end(),
                    [](const TypeRef& type) { return HoldsComposite(*type); });
    attempt.result = Failed(bound.status());
    co_return std::move(attempt);
  }
  messages = PrependCloses(connection, std::move(messages));
  MessageWriter writer(messages);
  writer.Execute(request.max_rows);
  writer.Sync();

  sink.Begin(statement.columns, connection);
  ExecuteReply reply(connection, sink, interrupt, request);
  Connection::ExchangeAwaiter exchange = connection.Exchange(messages, reply);
  const Connection::UnitEnd end = co_await exchange;
  sink.End();
  attempt = Conclude(reply, end, request, cancellation);
  if (reply.is_stale()) {
    attempt.types_changed = true;
    // A read, whose rows went nowhere yet.
    attempt.prepare_again = end == Connection::UnitEnd::kReady &&
                            request.access == Access::kReadOnly &&
                            !interrupt.requested() && sink.MayStartAnew();
  }
  co_return std::move(attempt);
}

Task<StatementResult> PrepareAndExecute(Connection& connection,
                                        TypeCatalog& types,
                                        UnitInterrupt& interrupt,
                                        const StatementRequest& request,
                                        RowSink& sink,
                                        const Cancellation& cancellation) {
  constexpr int kMaxAttempts = 2;
  const bool is_open = request.scope == Scope::kOpenTransaction;
  for (int number = 1;; ++number) {
    Task<absl::StatusOr<Preparation>> preparing =
        Prepare(connection, types, request);
    absl::StatusOr<Preparation> prepared = co_await std::move(preparing);
    if (cancellation.Requested()) {
      co_return Failed(CancellationError(cancellation.cause(), "prepare"));
    }
    if (!prepared.ok() && number < kMaxAttempts &&
        IsAboutDroppedType(prepared.status())) {
      types.Clear();
      if (is_open) co_return Failed(PlanChanged(prepared.status()));
      continue;
    }
    if (!prepared.ok()) co_return Failed(prepared.status());
    Task<Attempt> executing =
        ExecutePrepared(connection, interrupt, prepared->statement(), request,
                        sink, cancellation);
    Attempt attempt = co_await std::move(executing);
    if (attempt.types_changed) types.Clear();
    if (attempt.types_changed || attempt.prepare_again) {
      connection.prepared_statements().Remove(prepared->key);
    }
    if (attempt.prepare_again && is_open && attempt.result.sent) {
      attempt.result.status = PlanChanged(attempt.result.status);
      attempt.prepare_again = false;
    }
    if (!attempt.prepare_again || number == kMaxAttempts) {
      if (is_open) ConcludeOpenTransaction(attempt.result);
      co_return std::move(attempt.result);
    }
  }
}

}  // namespace

Task<StatementResult> RunStatement(Connection& connection, TypeCatalog& types,
                                   Canceller& canceller,
                                   const StatementRequest& request,
                                   RowSink& sink, Cancellation& cancellation) {
  if (cancellation.Requested()) {
    co_return Failed(CancellationError(cancellation.cause(), "queue"));
  }
  UnitInterrupt interrupt(connection, canceller);
  cancellation.Listen([&interrupt] { interrupt.Request(); });
  Task<StatementResult> running = PrepareAndExecute(
      connection, types, interrupt, request, sink, cancellation);
  StatementResult result = co_await std::move(running);
  cancellation.Unlisten();
  Task<void> settling = interrupt.Settle();
  co_await std::move(settling);
  co_return std::move(result);
}

}  // namespace sluice::postgres

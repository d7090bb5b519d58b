#include "server/postgres/batch.h"

#include <utility>

#include "server/base/error.h"
#include "server/postgres/bind_message.h"
#include "server/postgres/notice_list.h"
#include "server/postgres/unit_interrupt.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

// The answer to all runs of a batch.
class BatchReply : public ReplyHandler {
 public:
  BatchReply(Connection& connection, const std::vector<RowSink*>& sinks,
             const UnitInterrupt& interrupt, DetailPolicy detail_policy)
      : connection_(connection),
        sinks_(sinks),
        interrupt_(interrupt),
        detail_policy_(detail_policy) {}

  void OnMessage(char type, absl::string_view body) override {
    switch (type) {
      case message::kDataRow:
        if (WantsRows()) Take(sinks_[run_]->AddRow(body));
        return;
      case message::kCommandComplete:
        return EndRun(std::string(MessageReader(body).CString()));
      case message::kPortalSuspended:
      case message::kEmptyQuery:
        return EndRun("");
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
    if (notice.SaysCommitMayBeLost()) result_.commit_may_be_lost = true;
    AddNotice(notice, detail_policy_, result_.notices);
  }

  size_t RowBudget() const override {
    return WantsRows() ? sinks_[run_]->RowBudget() : 0;
  }

  LongRow OnLongRow(size_t bytes) override {
    if (!WantsRows()) return LongRow::kSkip;
    Take(sinks_[run_]->AddLongRow(bytes));
    return WantsRows() ? LongRow::kTakePieces : LongRow::kSkip;
  }

  LongRow OnRowPiece(absl::string_view piece) override {
    if (WantsRows()) Take(sinks_[run_]->AddPiece(piece));
    return WantsRows() ? LongRow::kTakePieces : LongRow::kSkip;
  }

  const std::optional<ServerError>& error() const { return error_; }
  BatchResult TakeResult() { return std::move(result_); }

 private:
  bool WantsRows() const {
    return run_ < sinks_.size() && sinks_[run_] != nullptr &&
           sinks_[run_] != ended_sink_;
  }

  void Take(RowSink::Next next) {
    switch (next) {
      case RowSink::Next::kContinue:
        return;
      case RowSink::Next::kPause:
        // After a cancel request rows have to flow for PostgreSQL to see it.
        if (!interrupt_.requested()) connection_.Pause();
        return;
      case RowSink::Next::kStale:
        if (!result_.stale_run.has_value()) result_.stale_run = run_;
        [[fallthrough]];
      case RowSink::Next::kStop:
      case RowSink::Next::kFail:
        ended_sink_ = sinks_[run_];
    }
  }

  void EndRun(std::string command_tag) {
    // More answers than runs: a fault of the peer.
    if (run_ >= sinks_.size()) return connection_.Close();
    result_.command_tags.push_back(std::move(command_tag));
    ++run_;
  }

  Connection& connection_;
  const std::vector<RowSink*>& sinks_;
  const UnitInterrupt& interrupt_;
  const DetailPolicy detail_policy_;
  size_t run_ = 0;
  // Has failed or has enough; the runs of one sink stand together.
  const RowSink* ended_sink_ = nullptr;
  std::optional<ServerError> error_;
  BatchResult result_;
};

absl::Status Lost(Connection::UnitEnd end) {
  const bool sent = end != Connection::UnitEnd::kNotSent;
  return MakeError(
      absl::StatusCode::kUnavailable, v1::ERROR_REASON_CONNECTION_LOST,
      "the connection to PostgreSQL was lost",
      {{"phase", "execute"}, {"executed", sent ? "unknown" : "no"}});
}

BatchResult Conclude(BatchReply& reply, Connection::UnitEnd end,
                     DetailPolicy detail_policy,
                     const Cancellation& cancellation) {
  BatchResult result = reply.TakeResult();
  const std::optional<ServerError>& error = reply.error();
  result.sent = end != Connection::UnitEnd::kNotSent;
  result.connection_lost = end != Connection::UnitEnd::kReady;
  result.types_changed = result.stale_run.has_value();
  if (error.has_value()) {
    result.refused = true;
    result.status = error->IsCancel() && cancellation.Requested()
                        ? CancellationError(cancellation.cause(), "execute")
                        : error->ToStatus(detail_policy);
    result.types_changed = result.types_changed ||
                           error->IsAboutChangedType() ||
                           IsAboutDroppedType(result.status);
    result.plan_changed = result.types_changed || error->AsksToPrepareAgain();
  } else if (result.connection_lost) {
    result.status = Lost(end);
  }
  return result;
}

}  // namespace

Batch::Batch(Connection& connection, DetailPolicy detail_policy)
    : connection_(connection),
      detail_policy_(detail_policy),
      closed_names_(connection.prepared_statements().TakeClosable()) {
  MessageWriter writer(messages_);
  for (const std::string& name : closed_names_) writer.CloseStatement(name);
}

Batch::~Batch() {
  for (std::string& name : closed_names_) {
    connection_.prepared_statements().Abandon(std::move(name));
  }
}

absl::StatusOr<size_t> Batch::Add(const PreparedStatement& statement,
                                  absl::Span<const v1::Value* const> parameters,
                                  ParameterLimit limit, RowSink* sink) {
  const size_t before = messages_.size();
  const absl::StatusOr<size_t> bound =
      WriteBind(statement, parameters, limit, messages_);
  if (!bound.ok()) {
    messages_.resize(before);
    return bound.status();
  }
  MessageWriter(messages_).Execute(/*max_rows=*/0);
  sinks_.push_back(sink);
  return *bound;
}

Task<BatchResult> Batch::Run(Canceller& canceller, Cancellation& cancellation) {
  if (cancellation.Requested()) {
    BatchResult result;
    result.status = CancellationError(cancellation.cause(), "execute");
    co_return std::move(result);
  }
  MessageWriter(messages_).Sync();
  closed_names_.clear();
  UnitInterrupt interrupt(connection_, canceller);
  cancellation.Listen([&interrupt] { interrupt.Request(); });
  BatchReply reply(connection_, sinks_, interrupt, detail_policy_);
  Connection::ExchangeAwaiter exchange = connection_.Exchange(messages_, reply);
  const Connection::UnitEnd end = co_await exchange;
  cancellation.Unlisten();
  BatchResult result = Conclude(reply, end, detail_policy_, cancellation);
  Task<void> settling = interrupt.Settle();
  co_await std::move(settling);
  co_return std::move(result);
}

}  // namespace sluice::postgres

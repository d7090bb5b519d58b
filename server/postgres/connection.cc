#include "server/postgres/connection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

// Output kept allocated between units.
constexpr size_t kKeptOutputBytes = 64 * 1024;

absl::Status FirstRoundTripFailed(const absl::Status& cause) {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_BACKEND_UNAVAILABLE,
                   absl::StrCat("no connection to PostgreSQL: ",
                                cause.ok() ? "lost in its first round trip"
                                           : cause.message()),
                   {{"executed", "no"}, {"phase", "connect"}});
}

}  // namespace

Task<absl::StatusOr<std::shared_ptr<Connection>>> Connection::Open(
    EventLoop& loop, const ConnectionSettings& settings, Access access,
    Deadline deadline) {
  Task<absl::StatusOr<OpenedConnection>> opening =
      OpenConnection(loop, settings, deadline);
  absl::StatusOr<OpenedConnection> opened = co_await std::move(opening);
  if (!opened.ok()) co_return opened.status();

  auto connection =
      std::make_shared<Connection>(loop, *std::move(opened), settings);
  Spawn(connection->ReadUntilClosed(connection));
  Timer timer(loop);
  timer.Start(deadline, [&connection] { connection->Close(); });
  Task<absl::Status> greeting = connection->Greet(access, settings.role);
  const absl::Status status = co_await std::move(greeting);
  if (!status.ok()) {
    connection->Close();
    co_return status;
  }
  co_return std::move(connection);
}

Connection::Connection(EventLoop& loop, OpenedConnection opened,
                       const ConnectionSettings& settings)
    : loop_(loop),
      transport_(loop, std::move(opened.connection)),
      cancel_key_(opened.cancel_key),
      at_opening_(std::move(opened.reported)),
      server_version_(std::move(opened.server_version)),
      session_settings_(settings.session_settings),
      prepared_statements_(settings.max_prepared_statements) {}

Task<absl::Status> Connection::Greet(Access access, const std::string& role) {
  SetupReply reply;
  Task<bool> setting = SetAccess(access, OpeningSql(access), reply);
  const bool confirmed = co_await std::move(setting);
  if (!confirmed) co_return FirstRoundTripFailed(reply.status());
  if (!role.empty()) {
    absl::Status status =
        CheckSessionRole(role, reply.Value(1), reply.Value(2));
    if (!status.ok()) co_return status;
  }
  Task<absl::Status> applying = ApplySettings();
  const absl::Status applied = co_await std::move(applying);
  if (!applied.ok()) co_return applied;
  TrustSession();
  co_return absl::OkStatus();
}

Task<absl::Status> Connection::ApplySettings() {
  if (session_settings_.empty()) co_return absl::OkStatus();
  const std::string messages = SettingsMessages(session_settings_);
  SetupReply reply;
  ExchangeAwaiter exchange = Exchange(messages, reply);
  const UnitEnd end = co_await exchange;
  if (end == UnitEnd::kReady && reply.status().ok()) co_return absl::OkStatus();
  Close();
  co_return FirstRoundTripFailed(reply.status());
}

Task<bool> Connection::SwitchAccess(Access access) {
  return SetAccess(access, SwitchSql(access));
}

Task<bool> Connection::Reset(Access access) {
  Task<bool> resetting = SetAccess(
      access,
      trace_ == Trace::kLasting
          ? std::string(EndSessionSql())
          : ResetSql(access, at_opening_, prepared_statements_.count()));
  const bool confirmed = co_await std::move(resetting);
  if (!confirmed) co_return false;
  Task<absl::Status> applying = ApplySettings();
  const absl::Status applied = co_await std::move(applying);
  if (applied.ok()) TrustSession();
  co_return applied.ok();
}

void Connection::TrustSession() {
  trace_ = Trace::kNone;
  prepared_statements_.ForgetDoubtful();
}

void Connection::MarkSessionChanged() {
  if (trace_ == Trace::kNone) trace_ = Trace::kResettable;
  prepared_statements_.DoubtNew();
}

Task<bool> Connection::SetAccess(Access access, std::string sql) {
  SetupReply reply;
  Task<bool> setting = SetAccess(access, std::move(sql), reply);
  const bool confirmed = co_await std::move(setting);
  co_return confirmed;
}

Task<bool> Connection::SetAccess(Access access, std::string sql,
                                 SetupReply& reply) {
  expected_access_ = access;
  std::string messages;
  MessageWriter(messages).Query(sql);
  ExchangeAwaiter exchange = Exchange(messages, reply);
  const UnitEnd end = co_await exchange;
  const bool confirmed = end == UnitEnd::kReady && reply.status().ok() &&
                         reply.Value(0) == ReadOnlyValue(access);
  if (confirmed) {
    access_ = access;
  } else {
    Close();
  }
  co_return confirmed;
}

void Connection::StartUnit(ExchangeAwaiter* unit) {
  unit->end_ = UnitEnd::kLost;
  units_.push_back(unit);
  Send(unit->messages_);
}

void Connection::StartUnits(ExchangeAwaiter* first, ExchangeAwaiter* second) {
  for (ExchangeAwaiter* unit : {first, second}) {
    unit->end_ = UnitEnd::kLost;
    units_.push_back(unit);
  }
  Send(absl::StrCat(first->messages_, second->messages_));
}

void Connection::Send(absl::string_view messages) {
  output_.append(messages.data(), messages.size());
  if (!writing_) FlushOutput();
}

void Connection::FlushOutput() {
  while (output_sent_ < output_.size()) {
    const absl::string_view rest =
        absl::string_view(output_).substr(output_sent_);
    const Transport::Outcome outcome = transport_.TryWrite(rest);
    switch (outcome.progress) {
      case Transport::Progress::kBytes:
        output_sent_ += outcome.bytes;
        break;
      case Transport::Progress::kWantRead:
      case Transport::Progress::kWantWrite:
        writing_ = true;
        Spawn(WriteRest(shared_from_this()));
        return;
      case Transport::Progress::kClosed:
        // The reader finds the end, and before it what the peer had to say.
        output_sent_ = output_.size();
        break;
    }
  }
  output_sent_ = 0;
  output_.clear();
  if (output_.capacity() > kKeptOutputBytes) output_.shrink_to_fit();
}

Task<void> Connection::WriteRest(std::shared_ptr<Connection> self) {
  SocketWait wait = self->transport_.Writable();
  const asio::error_code error = co_await wait;
  writing_ = false;
  if (!error && !closed()) FlushOutput();
}

Task<void> Connection::ReadUntilClosed(std::shared_ptr<Connection> self) {
  while (!self->closed()) {
    if (paused_) {
      PauseAwaiter pause(*this);
      co_await pause;
      HandleReceived();
      continue;
    }
    input_.MakeSpace();
    const size_t space = input_.space_size();
    const Transport::Outcome outcome =
        transport_.TryRead(input_.space(), space);
    if (outcome.progress == Transport::Progress::kClosed) break;
    if (outcome.progress == Transport::Progress::kBytes) {
      input_.Filled(outcome.bytes);
      HandleReceived();
      // A plain socket that gave less than was asked for is empty.
      if (paused_ || outcome.bytes == space || transport_.has_tls()) continue;
    }
    if (closed()) break;
    SocketWait wait(outcome.progress == Transport::Progress::kWantWrite
                        ? transport_.Writable()
                        : transport_.Readable());
    const asio::error_code error = co_await wait;
    if (error) break;
  }
  Close();
}

void Connection::HandleReceived() {
  ReceiveBuffer::Message message;
  while (!closed() && !paused_) {
    // A row that nobody asked for is a fault of the peer: HandleMessage.
    const size_t row_budget = units_.empty()
                                  ? std::numeric_limits<size_t>::max()
                                  : units_.front()->handler_.RowBudget();
    const ReceiveBuffer::Next next = input_.TakeMessage(row_budget, message);
    switch (next) {
      case ReceiveBuffer::Next::kMessage:
        HandleMessage(message.type, message.body);
        break;
      case ReceiveBuffer::Next::kLongRow:
      case ReceiveBuffer::Next::kRowPiece:
        HandleRowPart(next, message);
        break;
      case ReceiveBuffer::Next::kIncomplete:
        return;
      case ReceiveBuffer::Next::kMalformed:
        return Close();
    }
  }
}

void Connection::HandleRowPart(ReceiveBuffer::Next part,
                               const ReceiveBuffer::Message& message) {
  ReplyHandler& handler = units_.front()->handler_;
  const ReplyHandler::LongRow answer = part == ReceiveBuffer::Next::kLongRow
                                           ? handler.OnLongRow(message.size)
                                           : handler.OnRowPiece(message.body);
  if (answer == ReplyHandler::LongRow::kSkip) input_.SkipRow();
}

void Connection::HandleMessage(char type, absl::string_view body) {
  switch (type) {
    case message::kErrorResponse:
      return HandleError(body);
    case message::kNotice:
      if (!units_.empty()) {
        units_.front()->handler_.OnNotice(ServerError::Parse(body));
      }
      return;
    case message::kParameterStatus:
      return HandleParameterStatus(body);
    case message::kNotification:
      return HandleNotification(body);
    case message::kReadyForQuery:
      return EndUnit(body);
    default:
      // An answer that nobody asked for.
      if (units_.empty()) return Close();
      units_.front()->handler_.OnMessage(type, body);
  }
}

void Connection::HandleError(absl::string_view body) {
  if (!units_.empty()) {
    units_.front()->handler_.OnError(ServerError::Parse(body));
  }
}

void Connection::HandleParameterStatus(absl::string_view body) {
  MessageReader reader(body);
  const absl::string_view name = reader.CString();
  const absl::string_view value = reader.CString();
  const bool expected =
      name == kReadOnlyParameter && value == ReadOnlyValue(expected_access_);
  if (!expected) MarkSessionChanged();
}

void Connection::HandleNotification(absl::string_view body) {
  if (!on_notification_) return;
  MessageReader reader(body);
  reader.Int32();  // The process that notified.
  const absl::string_view channel = reader.CString();
  if (reader.ok()) on_notification_(channel);
}

void Connection::Resume() {
  if (!paused_) return;
  paused_ = false;
  WakeReader();
}

void Connection::WakeReader() {
  if (!paused_reader_) return;
  loop_.Post(
      [self = shared_from_this(),
       reader = std::exchange(paused_reader_, nullptr)] { reader.resume(); });
}

void Connection::EndUnit(absl::string_view body) {
  if (units_.empty() || body.size() != 1) return Close();
  transaction_status_ = body[0];
  ExchangeAwaiter* unit = units_.front();
  units_.pop_front();
  unit->end_ = UnitEnd::kReady;
  unit->handle_.resume();
}

void Connection::Close() {
  if (closed()) return;
  transport_.Close();
  paused_ = false;
  WakeReader();
  if (units_.empty()) {
    if (on_idle_loss_) std::exchange(on_idle_loss_, nullptr)();
    return;
  }
  LoseUnits();
}

void Connection::LoseUnits() {
  // From the loop: whoever closed the connection is not to be re-entered.
  for (ExchangeAwaiter* unit : std::exchange(units_, {})) {
    loop_.Post([unit] { unit->handle_.resume(); });
  }
}

TransactionStatus Connection::transaction_status() const {
  switch (transaction_status_) {
    case 'T':
      return TransactionStatus::kActive;
    case 'E':
      return TransactionStatus::kFailed;
    default:
      return TransactionStatus::kIdle;
  }
}

bool Connection::IsIdle() const {
  return !closed() && units_.empty() && transaction_status_ == 'I' && !writing_;
}

}  // namespace sluice::postgres

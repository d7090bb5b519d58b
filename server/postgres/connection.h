// Connection: one session of PostgreSQL, spoken to in the extended protocol
// by our own code. libpq opens and closes it and does nothing between.

#ifndef SLUICE_SERVER_POSTGRES_CONNECTION_H_
#define SLUICE_SERVER_POSTGRES_CONNECTION_H_

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/postgres/connection_opener.h"
#include "server/postgres/connection_settings.h"
#include "server/postgres/prepared_statements.h"
#include "server/postgres/receive_buffer.h"
#include "server/postgres/reply_handler.h"
#include "server/postgres/row_sink.h"
#include "server/postgres/session_setup.h"
#include "server/postgres/session_state.h"
#include "server/postgres/setup_reply.h"
#include "server/postgres/transport.h"

namespace sluice::postgres {

// Threads: belongs to one event loop.
// Lifetime: shared with the reader coroutine until the socket is closed.
class Connection final : public RowSource,
                         public std::enable_shared_from_this<Connection> {
 public:
  enum class UnitEnd {
    kReady,
    // The connection was lost under way.
    kLost,
    // It had been lost before: nothing was sent.
    kNotSent,
  };

  // Opens a session of that access; its first round trip has been answered.
  // Errors: those of OpenConnection and CheckSessionRole.
  static Task<absl::StatusOr<std::shared_ptr<Connection>>> Open(
      EventLoop& loop, const ConnectionSettings& settings, Access access,
      Deadline deadline);

  Connection(EventLoop& loop, OpenedConnection opened,
             const ConnectionSettings& settings);
  Connection(const Connection&) = delete;

  // `co_await` one: sends a unit (messages up to a Sync, or one Query) and
  // waits for the end of its answer. Units are answered in order.
  class ExchangeAwaiter {
   public:
    ExchangeAwaiter(Connection& connection, absl::string_view messages,
                    ReplyHandler& handler)
        : connection_(connection), messages_(messages), handler_(handler) {}
    ExchangeAwaiter(const ExchangeAwaiter&) = delete;
    bool await_ready() const { return connection_.closed(); }
    void await_suspend(std::coroutine_handle<> handle) {
      if (next_ != nullptr) {
        // Units end in their order.
        handle_ = std::noop_coroutine();
        next_->handle_ = handle;
        connection_.StartUnits(this, next_);
      } else {
        handle_ = handle;
        connection_.StartUnit(this);
      }
    }
    UnitEnd await_resume() const { return end_; }

    // Has another unit sent in the same go, and its end waited for, too; nobody
    // awaits `next` itself.
    void SendWith(ExchangeAwaiter& next) { next_ = &next; }

   private:
    friend class Connection;
    ExchangeAwaiter* next_ = nullptr;
    Connection& connection_;
    const absl::string_view messages_;
    ReplyHandler& handler_;
    std::coroutine_handle<> handle_;
    UnitEnd end_ = UnitEnd::kNotSent;
  };
  ExchangeAwaiter Exchange(absl::string_view messages, ReplyHandler& handler) {
    return ExchangeAwaiter(*this, messages, handler);
  }

  // Sends more messages of the unit in progress; for its handler.
  void Send(absl::string_view messages);

  // Stops handing out what PostgreSQL sends, and soon reading it, so that
  // PostgreSQL stops sending; for the handler of the unit in progress. A loss
  // of the connection goes unnoticed meanwhile.
  void Pause() { paused_ = true; }
  void Resume() override;

  // Changes what the session may do. False: it could not be confirmed, and
  // the connection is of no more use.
  Task<bool> SwitchAccess(Access access);

  // Brings a changed session back to what it was when it was opened. False: as
  // above; or something was left that can't be undone, and the session is
  // ended.
  Task<bool> Reset(Access access);

  // Ends the session at once; units in progress are lost.
  void Close();

  // Called when the connection is lost while no unit is in progress.
  void OnIdleLoss(std::function<void()> listener) {
    on_idle_loss_ = std::move(listener);
  }

  // Called for each notification (NOTIFY) that comes, whether or not a unit is
  // in progress. Without a listener they are dropped.
  using NotificationListener = std::function<void(absl::string_view channel)>;
  void OnNotification(NotificationListener listener) {
    on_notification_ = std::move(listener);
  }

  bool closed() const { return transport_.closed(); }
  TransactionStatus transaction_status() const;
  // Nothing in progress, and nothing left behind that a later caller could
  // notice: no transaction, no changed session parameter.
  bool Reusable() const { return IsIdle() && trace_ == Trace::kNone; }
  // Whether a statement may have changed the session since the last reset.
  bool session_changed() const { return trace_ != Trace::kNone; }
  // Nothing in progress, but something left behind: for Reset.
  bool NeedsReset() const { return IsIdle() && trace_ != Trace::kNone; }
  Access access() const { return access_; }
  // When it has served long enough; the pool sets it.
  SteadyTime retire_at() const { return retire_at_; }
  void set_retire_at(SteadyTime at) { retire_at_ = at; }
  // A statement may leave something behind: no reuse without a reset. What is
  // prepared from now on is forgotten by then, so this is to be called before.
  void MarkSessionChanged();
  // It may leave what no reset undoes: no reuse.
  void GiveUpReuse() { trace_ = Trace::kLasting; }
  const CancelKey& cancel_key() const { return cancel_key_; }
  const std::string& server_version() const { return server_version_; }
  // None while nobody has asked for it.
  const std::optional<ClusterIdentity>& cluster() const { return cluster_; }
  void set_cluster(const ClusterIdentity& cluster) { cluster_ = cluster; }
  PreparedStatements& prepared_statements() { return prepared_statements_; }
  EventLoop& loop() { return loop_; }

 private:
  // `co_await` one: waits while the connection is paused.
  class PauseAwaiter {
   public:
    explicit PauseAwaiter(Connection& connection) : connection_(connection) {}
    PauseAwaiter(const PauseAwaiter&) = delete;
    bool await_ready() const { return !connection_.paused_; }
    void await_suspend(std::coroutine_handle<> handle) {
      connection_.paused_reader_ = handle;
    }
    void await_resume() const {}

   private:
    Connection& connection_;
  };

  // What callers may have left in the session.
  enum class Trace { kNone, kResettable, kLasting };

  // Runs SQL that ends with a row of the access that the session has then.
  Task<bool> SetAccess(Access access, std::string sql);
  Task<bool> SetAccess(Access access, std::string sql, SetupReply& reply);
  // The first round trip; pgbouncer gives a client its server only then, so
  // this is where its refusals come.
  Task<absl::Status> Greet(Access access, const std::string& role);
  // Gives the session its custom settings, if any. After an error it is closed.
  Task<absl::Status> ApplySettings();
  bool IsIdle() const;
  // After an opening or a reset.
  void TrustSession();
  void StartUnit(ExchangeAwaiter* unit);
  void StartUnits(ExchangeAwaiter* first, ExchangeAwaiter* second);
  void FlushOutput();
  Task<void> WriteRest(std::shared_ptr<Connection> self);
  Task<void> ReadUntilClosed(std::shared_ptr<Connection> self);
  void WakeReader();
  void HandleReceived();
  void HandleRowPart(ReceiveBuffer::Next part,
                     const ReceiveBuffer::Message& message);
  void HandleMessage(char type, absl::string_view body);
  void HandleError(absl::string_view body);
  void HandleParameterStatus(absl::string_view body);
  void HandleNotification(absl::string_view body);
  void EndUnit(absl::string_view body);
  void LoseUnits();

  EventLoop& loop_;
  Transport transport_;
  const CancelKey cancel_key_;
  const ReportedSettings at_opening_;
  const std::string server_version_;
  const std::map<std::string, std::string> session_settings_;
  std::optional<ClusterIdentity> cluster_;
  SteadyTime retire_at_ = SteadyTime::max();
  Access access_ = Access::kReadWrite;
  Access expected_access_ = Access::kReadWrite;
  Trace trace_ = Trace::kNone;
  char transaction_status_ = 'I';
  std::deque<ExchangeAwaiter*> units_;
  std::string output_;
  size_t output_sent_ = 0;
  bool writing_ = false;
  bool paused_ = false;
  // The reader, while it waits for the end of a pause.
  std::coroutine_handle<> paused_reader_;
  ReceiveBuffer input_;
  PreparedStatements prepared_statements_;
  std::function<void()> on_idle_loss_;
  NotificationListener on_notification_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CONNECTION_H_

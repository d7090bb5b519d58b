#include "server/postgres/transaction.h"

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/event_loop.h"
#include "server/postgres/notice_list.h"
#include "server/postgres/statement.h"
#include "server/postgres/unit_interrupt.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

constexpr absl::Duration kRollBackPatience = absl::Seconds(1);

// The answer to one command of the simple protocol.
class CommandReply : public ReplyHandler {
 public:
  explicit CommandReply(DetailPolicy detail_policy)
      : detail_policy_(detail_policy) {}

  void OnMessage(char type, absl::string_view body) override {
    if (type == message::kCommandComplete) {
      result_.command_tag = std::string(MessageReader(body).CString());
    }
    if (type == message::kDataRow && row_.empty()) row_ = std::string(body);
  }
  void OnError(const ServerError& error) override {
    if (!error_.has_value()) error_ = error;
  }
  void OnNotice(const ServerError& notice) override {
    if (notice.SaysCommitMayBeLost()) result_.commit_may_be_lost = true;
    AddNotice(notice, detail_policy_, result_.notices);
  }

  // Body of the first row.
  const std::string& row() const { return row_; }

  CommandResult Conclude(Connection::UnitEnd end,
                         const Cancellation& cancellation) {
    result_.sent = end != Connection::UnitEnd::kNotSent;
    result_.connection_lost = end != Connection::UnitEnd::kReady;
    if (error_.has_value()) {
      result_.status = error_->IsCancel() && cancellation.Requested()
                           ? CancellationError(cancellation.cause(), "execute")
                           : error_->ToStatus(detail_policy_);
    } else if (result_.connection_lost) {
      result_.status = MakeError(
          absl::StatusCode::kUnavailable, v1::ERROR_REASON_CONNECTION_LOST,
          "the connection to PostgreSQL was lost",
          {{"phase", "execute"},
           {"executed", result_.sent ? "unknown" : "no"}});
    }
    return std::move(result_);
  }

 private:
  const DetailPolicy detail_policy_;
  std::optional<ServerError> error_;
  std::string row_;
  CommandResult result_;
};

// The timeline is the first eight digits in the name of a segment of the
// write-ahead log.
constexpr absl::string_view kClusterSql =
    "SELECT system_identifier, pg_catalog.trunc(1000000 * "
    "pg_catalog.date_part('epoch', "
    "pg_catalog.pg_stat_get_bgwriter_stat_reset_time())::pg_catalog.numeric), "
    "CASE WHEN pg_catalog.pg_is_in_recovery() THEN '' ELSE "
    "pg_catalog.\"left\"(pg_catalog.pg_walfile_name("
    "pg_catalog.pg_current_wal_insert_lsn()), 8) END "
    "FROM pg_catalog.pg_control_system()";

// From the row of kClusterSql; all zeros where there is none.
ClusterIdentity ReadCluster(absl::string_view row) {
  MessageReader reader(row);
  const int16_t columns = reader.Int16();
  const absl::string_view system_identifier = reader.Bytes();
  const absl::string_view incarnation = reader.Bytes();
  const absl::string_view timeline = reader.Bytes();
  ClusterIdentity cluster;
  if (columns != 3 || !reader.ok() ||
      !absl::SimpleAtoi(system_identifier, &cluster.system_identifier) ||
      !absl::SimpleAtoi(incarnation, &cluster.incarnation)) {
    return ClusterIdentity();
  }
  if (!absl::SimpleHexAtoi(timeline, &cluster.timeline)) cluster.timeline = 0;
  return cluster;
}

// What was committed before is in the WAL before this position. A session that
// may have turned `synchronous_commit` off may not have flushed its commit.
absl::string_view PositionSql(const Connection& connection) {
  return !connection.session_changed()
             ? "SELECT CASE pg_catalog.current_setting('synchronous_commit') "
               "WHEN 'off' THEN pg_catalog.pg_current_wal_insert_lsn() "
               "ELSE pg_catalog.pg_current_wal_flush_lsn() END"
             : "SELECT pg_catalog.pg_current_wal_insert_lsn()";
}

// Of the row of PositionSql: "16/B374D848". 0 where there is none.
uint64_t ReadPosition(absl::string_view row) {
  MessageReader reader(row);
  const int16_t columns = reader.Int16();
  const absl::string_view lsn = reader.Bytes();
  const std::pair<absl::string_view, absl::string_view> halves =
      absl::StrSplit(lsn, absl::MaxSplits('/', 1));
  uint32_t high = 0;
  uint32_t low = 0;
  if (columns != 1 || !reader.ok() ||
      !absl::SimpleHexAtoi(halves.first, &high) ||
      !absl::SimpleHexAtoi(halves.second, &low)) {
    return 0;
  }
  return uint64_t{high} << 32 | low;
}

// One statement of the simple protocol, and what travels behind it.
struct Command {
  Command(absl::string_view sql, CommandReply& reply,
          const Command* next = nullptr)
      : sql(sql), reply(reply), next(next) {}
  const absl::string_view sql;
  CommandReply& reply;
  const Command* const next;
};

// `cancellation` reaches PostgreSQL.
Task<CommandResult> SendCommand(Connection& connection, Canceller& canceller,
                                const Command& command,
                                Cancellation& cancellation) {
  if (cancellation.Requested()) {
    CommandResult result;
    result.status = CancellationError(cancellation.cause(), "execute");
    co_return std::move(result);
  }
  std::string messages;
  std::string next_messages;
  MessageWriter(messages).Query(command.sql);
  UnitInterrupt interrupt(connection, canceller);
  cancellation.Listen([&interrupt] { interrupt.Request(); });
  Connection::ExchangeAwaiter exchange =
      connection.Exchange(messages, command.reply);
  std::optional<Connection::ExchangeAwaiter> next;
  if (command.next != nullptr) {
    MessageWriter(next_messages).Query(command.next->sql);
    next.emplace(connection, next_messages, command.next->reply);
    exchange.SendWith(*next);
  }
  const Connection::UnitEnd end = co_await exchange;
  cancellation.Unlisten();
  CommandResult result = command.reply.Conclude(end, cancellation);
  Task<void> settling = interrupt.Settle();
  co_await std::move(settling);
  co_return std::move(result);
}

CommitResult Conclude(CommandResult command, const TransactionId& id) {
  CommitResult result;
  result.id = id;
  result.sent = command.sent;
  result.notices = std::move(command.notices);
  result.status = std::move(command.status);
  // An error that PostgreSQL tells, and survives, has rolled everything back.
  result.outcome_open =
      command.commit_may_be_lost || (command.sent && command.connection_lost) ||
      ReasonOf(result.status) == v1::ERROR_REASON_OUTCOME_UNKNOWN;
  if (!result.status.ok()) return result;
  if (command.commit_may_be_lost) {
    result.status =
        MakeError(absl::StatusCode::kUnknown, v1::ERROR_REASON_OUTCOME_UNKNOWN,
                  "the commit was not confirmed by the synchronous standby",
                  {{"executed", "unknown"}});
  } else if (command.command_tag != "COMMIT") {
    result.status =
        MakeError(absl::StatusCode::kFailedPrecondition,
                  v1::ERROR_REASON_TRANSACTION_ENDED,
                  absl::StrCat("the commit ended with ", command.command_tag),
                  {{"executed", "no"}});
  }
  return result;
}

}  // namespace

absl::string_view TransactionIdSql() {
  return "SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text";
}

RowSink::Next TransactionIdSink::AddRow(absl::string_view body) {
  MessageReader reader(body);
  const int16_t columns = reader.Int16();
  const absl::string_view xid = reader.Bytes();
  const bool is_readable = columns == 1 && reader.ok();
  if (is_readable && (xid.empty() || absl::SimpleAtoi(xid, &xid_))) {
    return Next::kContinue;
  }
  return Next::kFail;
}

Task<CommandResult> RunCommand(Connection& connection, Canceller& canceller,
                               const std::string& sql,
                               DetailPolicy detail_policy,
                               Cancellation& cancellation) {
  CommandReply reply(detail_policy);
  const Command command(sql, reply);
  Task<CommandResult> sending =
      SendCommand(connection, canceller, command, cancellation);
  CommandResult result = co_await std::move(sending);
  co_return std::move(result);
}

Task<absl::StatusOr<ClusterIdentity>> FetchCluster(Connection& connection,
                                                   Cancellation& cancellation) {
  if (connection.cluster().has_value()) co_return *connection.cluster();
  if (cancellation.Requested()) {
    co_return CancellationError(cancellation.cause(), "prepare");
  }
  std::string messages;
  MessageWriter(messages).Query(kClusterSql);
  CommandReply reply(DetailPolicy::kOmit);
  cancellation.Listen([&connection] { connection.Close(); });
  Connection::ExchangeAwaiter exchange = connection.Exchange(messages, reply);
  const Connection::UnitEnd end = co_await exchange;
  cancellation.Unlisten();
  if (cancellation.Requested()) {
    co_return CancellationError(cancellation.cause(), "prepare");
  }
  const CommandResult result = reply.Conclude(end, cancellation);
  if (result.connection_lost) co_return result.status;
  const ClusterIdentity cluster = ReadCluster(reply.row());
  // A standby may be promoted under the connection; who may not ask, may not
  // ask later.
  const bool denied =
      ReasonOf(result.status) == v1::ERROR_REASON_PERMISSION_DENIED;
  if (cluster.timeline != 0 || denied) {
    connection.set_cluster(cluster);
  }
  co_return cluster;
}

Task<CommitResult> SendCommit(Connection& connection, Canceller& canceller,
                              const TransactionId& id,
                              const CommitOptions& options,
                              Cancellation& cancellation) {
  CommandReply reply(options.detail_policy);
  CommandReply position_reply(DetailPolicy::kOmit);
  const Command position(PositionSql(connection), position_reply);
  const bool asks = options.position == CommitOptions::Position::kWanted;
  const Command commit("COMMIT", reply, asks ? &position : nullptr);
  Task<CommandResult> committing =
      SendCommand(connection, canceller, commit, cancellation);
  CommandResult command = co_await std::move(committing);
  CommitResult result = Conclude(std::move(command), id);
  result.lsn = ReadPosition(position_reply.row());
  co_return std::move(result);
}

Task<uint64_t> FetchPosition(Connection& connection,
                             Cancellation& cancellation) {
  std::string messages;
  MessageWriter(messages).Query(PositionSql(connection));
  CommandReply reply(DetailPolicy::kOmit);
  if (cancellation.Requested()) co_return 0;
  cancellation.Listen([&connection] { connection.Close(); });
  Connection::ExchangeAwaiter exchange = connection.Exchange(messages, reply);
  co_await exchange;
  cancellation.Unlisten();
  co_return ReadPosition(reply.row());
}

Task<absl::StatusOr<TransactionId>> FetchTransactionId(
    Connection& connection, TypeCatalog& types, Canceller& canceller,
    DetailPolicy detail_policy, Cancellation& cancellation) {
  const google::protobuf::RepeatedPtrField<v1::Value> none;
  StatementRequest asking(TransactionIdSql(), none);
  asking.access = Access::kReadWrite;
  asking.scope = Scope::kOpenTransaction;
  asking.detail_policy = detail_policy;
  TransactionIdSink sink;
  Task<StatementResult> running =
      RunStatement(connection, types, canceller, asking, sink, cancellation);
  StatementResult asked = co_await std::move(running);
  if (!asked.status.ok()) co_return std::move(asked.status);
  TransactionId id;
  id.xid = sink.xid();
  id.cluster = connection.cluster().value_or(ClusterIdentity());
  co_return id;
}

Task<CommandResult> ConfirmCommits(Connection& connection, Canceller& canceller,
                                   DetailPolicy detail_policy,
                                   Cancellation& cancellation) {
  const std::string sql =
      "SELECT pg_catalog.pg_logical_emit_message(true, 'sluice', '')";
  Task<CommandResult> running =
      RunCommand(connection, canceller, sql, detail_policy, cancellation);
  CommandResult result = co_await std::move(running);
  co_return std::move(result);
}

Task<void> RollBack(Connection& connection, Canceller& canceller) {
  if (connection.closed() ||
      connection.transaction_status() == TransactionStatus::kIdle) {
    co_return;
  }
  Timer patience(connection.loop());
  patience.Start(Deadline::In(kRollBackPatience),
                 [&connection] { connection.Close(); });
  const std::string roll_back = "ROLLBACK";
  Cancellation never;
  Task<CommandResult> rolling_back =
      RunCommand(connection, canceller, roll_back, DetailPolicy::kOmit, never);
  const CommandResult result = co_await std::move(rolling_back);
  if (!result.status.ok()) connection.Close();
}

}  // namespace sluice::postgres

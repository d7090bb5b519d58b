#include "server/postgres/text_query.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "server/base/error.h"
#include "server/base/event_loop.h"
#include "server/postgres/reply_handler.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

class TextReply : public ReplyHandler {
 public:
  explicit TextReply(Connection& connection) : connection_(connection) {}

  void OnMessage(char type, absl::string_view body) override {
    if (type == message::kDataRow) AddRow(body);
  }
  void OnError(const ServerError& error) override {
    if (status_.ok()) status_ = error.ToStatus(DetailPolicy::kOmit);
  }

  const absl::Status& status() const { return status_; }
  std::vector<TextRow> TakeRows() { return std::move(rows_); }

 private:
  void AddRow(absl::string_view body) {
    MessageReader reader(body);
    TextRow row(static_cast<size_t>(static_cast<uint16_t>(reader.Int16())));
    for (std::optional<std::string>& value : row) {
      // A length of -1 stands for NULL.
      MessageReader length = reader;
      const bool is_null = length.Int32() < 0;
      const absl::string_view bytes = reader.Bytes();
      if (!is_null) value = std::string(bytes);
    }
    if (!reader.ok()) return connection_.Close();
    rows_.push_back(std::move(row));
  }

  Connection& connection_;
  absl::Status status_;
  std::vector<TextRow> rows_;
};

std::string MessagesOf(const TextQuery& query) {
  std::string messages;
  MessageWriter writer(messages);
  writer.Parse("", query.sql, nullptr, 0);
  writer.Begin(message::kBind);
  writer.CString("");
  writer.CString("");
  writer.Int16(0);  // All parameters are text.
  writer.Int16(static_cast<int16_t>(query.parameters.size()));
  for (const std::string& parameter : query.parameters) {
    writer.Int32(static_cast<int32_t>(parameter.size()));
    messages += parameter;
  }
  writer.Int16(0);  // So are all columns.
  writer.End();
  writer.Execute(/*max_rows=*/0);
  writer.Sync();
  return messages;
}

absl::Status Lost(Connection::UnitEnd end) {
  const bool sent = end == Connection::UnitEnd::kLost;
  return MakeError(
      absl::StatusCode::kUnavailable, v1::ERROR_REASON_CONNECTION_LOST,
      "the connection to PostgreSQL was lost",
      {{"phase", "execute"}, {"executed", sent ? "unknown" : "no"}});
}

}  // namespace

Task<absl::StatusOr<std::vector<TextRow>>> RunTextQuery(Connection& connection,
                                                        const TextQuery& query,
                                                        Deadline deadline) {
  const std::string messages = MessagesOf(query);
  TextReply reply(connection);
  Timer timer(connection.loop());
  timer.Start(deadline, [&connection] { connection.Close(); });
  Connection::ExchangeAwaiter exchange = connection.Exchange(messages, reply);
  const Connection::UnitEnd end = co_await exchange;
  if (!reply.status().ok()) co_return reply.status();
  if (end != Connection::UnitEnd::kReady) co_return Lost(end);
  co_return reply.TakeRows();
}

}  // namespace sluice::postgres

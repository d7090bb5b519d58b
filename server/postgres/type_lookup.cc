#include "server/postgres/type_lookup.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/error.h"
#include "server/postgres/codec/type_query.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

constexpr uint32_t kTextOid = 25;

// One statement with one text parameter and text results, unnamed: a single
// unit, since the unnamed statement is anybody's between units.
std::string MakeLookup(absl::string_view sql, absl::string_view parameter) {
  std::string messages;
  MessageWriter writer(messages);
  writer.Parse("", sql, &kTextOid, 1);
  writer.Begin(message::kBind);
  writer.CString("");
  writer.CString("");
  writer.Int16(0);
  writer.Int16(1);
  writer.Int32(static_cast<int32_t>(parameter.size()));
  writer.out().append(parameter.data(), parameter.size());
  writer.Int16(0);
  writer.End();
  writer.Execute(0);
  writer.Sync();
  return messages;
}

class TypeRowsReply : public ReplyHandler {
 public:
  void OnMessage(char type, absl::string_view body) override {
    if (type == message::kDataRow && status_.ok()) ReadRow(body);
  }
  void OnError(const ServerError& error) override {
    status_ = error.ToStatus(DetailPolicy::kOmit);
  }

  const absl::Status& status() const { return status_; }
  const std::vector<TypeRow>& rows() const { return rows_; }

 private:
  void ReadRow(absl::string_view body) {
    MessageReader reader(body);
    std::array<absl::string_view, kTypeRowColumns> columns;
    const int16_t count = reader.Int16();
    for (absl::string_view& column : columns) column = reader.Bytes();
    absl::StatusOr<TypeRow> row = ParseTypeRow(columns);
    if (!reader.ok() || count != static_cast<int16_t>(kTypeRowColumns)) {
      status_ = MakeError(
          absl::StatusCode::kInternal, v1::ERROR_REASON_PROTOCOL_VIOLATION,
          "a row of pg_type is malformed", {{"executed", "no"}});
    } else if (!row.ok()) {
      status_ = row.status();
    } else {
      rows_.push_back(*std::move(row));
    }
  }

  absl::Status status_;
  std::vector<TypeRow> rows_;
};

Task<absl::Status> RunLookup(Connection& connection,
                             const std::string& messages,
                             TypeRowsReply& reply) {
  Connection::ExchangeAwaiter exchange = connection.Exchange(messages, reply);
  const Connection::UnitEnd end = co_await exchange;
  if (end != Connection::UnitEnd::kReady) {
    co_return MakeError(absl::StatusCode::kUnavailable,
                        v1::ERROR_REASON_CONNECTION_LOST,
                        "the connection to PostgreSQL was lost",
                        {{"executed", "no"}, {"phase", "describe"}});
  }
  co_return reply.status();
}

absl::Status UnknownType(absl::string_view name) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, v1::ERROR_REASON_UNKNOWN_TYPE,
      absl::StrCat("there is no type \"", name, "\""), {{"executed", "no"}});
}

}  // namespace

Task<absl::Status> LearnTypes(Connection& connection, TypeCatalog& types,
                              const std::vector<uint32_t>& oids) {
  const std::string messages =
      MakeLookup(FindTypesByOidSql(), OidArrayText(oids));
  TypeRowsReply reply;
  Task<absl::Status> lookup = RunLookup(connection, messages, reply);
  absl::Status status = co_await std::move(lookup);
  if (status.ok()) types.Learn(reply.rows());
  co_return status;
}

Task<absl::Status> LearnTypeName(Connection& connection, TypeCatalog& types,
                                 const std::string& name) {
  const std::string messages = MakeLookup(FindTypeByNameSql(), name);
  TypeRowsReply reply;
  Task<absl::Status> lookup = RunLookup(connection, messages, reply);
  absl::Status status = co_await std::move(lookup);
  // A text that is no type name at all.
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    co_return UnknownType(name);
  }
  if (!status.ok()) co_return status;
  if (reply.rows().empty()) co_return UnknownType(name);
  types.Learn(reply.rows());
  types.LearnName(name, reply.rows().front().oid);
  co_return status;
}

}  // namespace sluice::postgres

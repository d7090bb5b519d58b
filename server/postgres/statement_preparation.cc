#include "server/postgres/statement_preparation.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/base/error.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/type_lookup.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

constexpr uint32_t kToBeInferred = 0;

// A text beyond this is parsed anew each time: PostgreSQL keeps a multiple of
// it in memory for each session that has it prepared.
constexpr size_t kMaxKeptBytes = 16 * 1024;

absl::Status Lost(const absl::Status& cause) {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_CONNECTION_LOST,
                   absl::StrCat("the connection to PostgreSQL was lost",
                                cause.ok() ? "" : ": ", cause.message()),
                   {{"executed", "no"}, {"phase", "prepare"}});
}

// Reads ParameterDescription and RowDescription.
class DescribeReply : public ReplyHandler {
 public:
  explicit DescribeReply(DetailPolicy policy) : policy_(policy) {}

  void OnMessage(char type, absl::string_view body) override {
    if (type == message::kParameterDescription) ReadParameters(body);
    if (type == message::kRowDescription) ReadColumns(body);
  }
  void OnError(const ServerError& error) override {
    status_ = error.ToStatus(policy_);
  }

  const absl::Status& status() const { return status_; }
  const std::vector<uint32_t>& parameter_oids() const {
    return parameter_oids_;
  }
  const std::vector<uint32_t>& column_oids() const { return column_oids_; }
  std::vector<ColumnDescription> TakeColumns() { return std::move(columns_); }

 private:
  void ReadParameters(absl::string_view body) {
    MessageReader reader(body);
    const auto count = static_cast<uint16_t>(reader.Int16());
    for (int i = 0; i < count; ++i) {
      parameter_oids_.push_back(static_cast<uint32_t>(reader.Int32()));
    }
    Check(reader);
  }

  void ReadColumns(absl::string_view body) {
    MessageReader reader(body);
    const auto count = static_cast<uint16_t>(reader.Int16());
    for (int i = 0; i < count && reader.ok(); ++i) {
      ColumnDescription column;
      column.name = std::string(reader.CString());
      column.table_oid = static_cast<uint32_t>(reader.Int32());
      column.column_number = static_cast<uint16_t>(reader.Int16());
      column_oids_.push_back(static_cast<uint32_t>(reader.Int32()));
      reader.Int16();  // typlen
      column.type_modifier = reader.Int32();
      reader.Int16();  // format
      columns_.push_back(std::move(column));
    }
    Check(reader);
  }

  void Check(const MessageReader& reader) {
    if (reader.ok() && reader.AtEnd()) return;
    status_ = MakeError(absl::StatusCode::kInternal,
                        v1::ERROR_REASON_PROTOCOL_VIOLATION,
                        "a description of PostgreSQL is malformed");
  }

  const DetailPolicy policy_;
  absl::Status status_;
  std::vector<uint32_t> parameter_oids_;
  std::vector<uint32_t> column_oids_;
  std::vector<ColumnDescription> columns_;
};

// Which types, of those that are not built in, are looked up.
enum class Lookup {
  kUnknown,
  // What is remembered of a type may be older than the last DDL.
  kAll,
};

TypeRef FindKnown(const TypeCatalog& types, const std::string& name,
                  Lookup lookup) {
  return lookup == Lookup::kUnknown ? types.FindByName(name)
                                    : FindBuiltinType(name);
}

TypeRef FindKnown(const TypeCatalog& types, uint32_t oid, Lookup lookup) {
  return lookup == Lookup::kUnknown ? types.FindByOid(oid)
                                    : FindBuiltinType(oid);
}

// Finds, and where needed looks up, the OIDs of the types that the caller
// declared.
Task<absl::StatusOr<std::vector<uint32_t>>> ResolveDeclaredTypes(
    Connection& connection, TypeCatalog& types,
    const google::protobuf::RepeatedPtrField<v1::Value>& parameters,
    Lookup lookup) {
  std::vector<uint32_t> oids;
  oids.reserve(static_cast<size_t>(parameters.size()));
  for (const v1::Value& parameter : parameters) {
    if (parameter.type().empty()) {
      oids.push_back(kToBeInferred);
      continue;
    }
    TypeRef type = FindKnown(types, parameter.type(), lookup);
    if (type == nullptr) {
      Task<absl::Status> learning =
          LearnTypeName(connection, types, parameter.type());
      absl::Status status = co_await std::move(learning);
      if (!status.ok()) co_return status;
      type = types.FindByName(parameter.type());
    }
    oids.push_back(type == nullptr ? kToBeInferred : type->oid);
  }
  // Parse takes a declared parameter for one of the statement's, and asks for
  // its type.
  while (!oids.empty() && oids.back() == kToBeInferred) oids.pop_back();
  co_return std::move(oids);
}

// The types that a description names and that are not known.
std::vector<uint32_t> UnknownTypesOf(const DescribeReply& reply,
                                     const TypeCatalog& types, Lookup lookup) {
  std::vector<uint32_t> unknown;
  for (const auto* oids : {&reply.parameter_oids(), &reply.column_oids()}) {
    for (const uint32_t oid : *oids) {
      if (FindKnown(types, oid, lookup) == nullptr) unknown.push_back(oid);
    }
  }
  return unknown;
}

// Parses and describes a statement under a name in one round trip.
Task<absl::Status> ParseAndDescribe(Connection& connection,
                                    const std::string& name,
                                    absl::string_view sql,
                                    absl::Span<const uint32_t> declared,
                                    DescribeReply& reply) {
  std::string messages;
  MessageWriter writer(messages);
  writer.Parse(name, sql, declared.data(), declared.size());
  writer.DescribeStatement(name);
  writer.Sync();
  Connection::ExchangeAwaiter exchange = connection.Exchange(messages, reply);
  const Connection::UnitEnd end = co_await exchange;
  co_return end == Connection::UnitEnd::kReady ? reply.status()
                                               : Lost(reply.status());
}

PreparedStatement MakeStatement(std::string name, const TypeCatalog& types,
                                DescribeReply& reply) {
  PreparedStatement statement;
  statement.name = std::move(name);
  for (const uint32_t oid : reply.parameter_oids()) {
    statement.parameters.push_back(types.FindOrMakeUnknown(oid));
  }
  statement.columns = reply.TakeColumns();
  for (size_t i = 0; i < statement.columns.size(); ++i) {
    statement.columns[i].type = types.FindOrMakeUnknown(reply.column_oids()[i]);
  }
  return statement;
}

// Prepares a statement under a name, and learns its types where they are not
// known.
Task<absl::StatusOr<PreparedStatement>> ParseAndLearn(
    Connection& connection, TypeCatalog& types, const StatementRequest& request,
    const std::string& name, absl::Span<const uint32_t> declared) {
  DescribeReply reply(request.detail_policy);
  Task<absl::Status> describing =
      ParseAndDescribe(connection, name, request.sql, declared, reply);
  absl::Status status = co_await std::move(describing);
  if (!status.ok()) co_return status;
  const std::vector<uint32_t> unknown =
      UnknownTypesOf(reply, types, Lookup::kUnknown);
  if (unknown.empty()) co_return MakeStatement(name, types, reply);

  Task<absl::Status> learning = LearnTypes(connection, types, unknown);
  status = co_await std::move(learning);
  if (status.ok() && name.empty()) {
    // The lookup has taken the unnamed statement's place.
    DescribeReply again(request.detail_policy);
    Task<absl::Status> parsing =
        ParseAndDescribe(connection, name, request.sql, declared, again);
    status = co_await std::move(parsing);
  }
  if (!status.ok()) co_return status;
  co_return MakeStatement(name, types, reply);
}

// PARAMETER_COUNT when the last declared type is of a parameter that the
// statement does not have: without the declaration it goes as well.
Task<absl::Status> CheckLastDeclared(Connection& connection,
                                     const StatementRequest& request,
                                     absl::Span<const uint32_t> declared) {
  DescribeReply reply(request.detail_policy);
  const std::string unnamed;
  const size_t number = declared.size();
  Task<absl::Status> describing = ParseAndDescribe(
      connection, unnamed, request.sql, declared.first(number - 1), reply);
  absl::Status status = co_await std::move(describing);
  if (ReasonOf(status) == v1::ERROR_REASON_CONNECTION_LOST) co_return status;
  // Another error: the statement has it, and needs to know its type.
  if (!status.ok() || reply.parameter_oids().size() >= number) {
    co_return absl::OkStatus();
  }
  co_return MakeError(absl::StatusCode::kInvalidArgument,
                      v1::ERROR_REASON_PARAMETER_COUNT,
                      absl::StrCat("the statement has no parameter $", number),
                      {{"field", "parameters"},
                       {"parameter", absl::StrCat(number)},
                       {"executed", "no"}});
}

}  // namespace

absl::Status ParameterCountError(size_t given, size_t wanted) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   v1::ERROR_REASON_PARAMETER_COUNT,
                   absl::StrCat("the statement has ", wanted, " parameters, ",
                                given, " were given"),
                   {{"field", "parameters"}, {"executed", "no"}});
}

bool IsPrepared(Connection& connection, const TypeCatalog& types,
                const StatementRequest& request) {
  std::vector<uint32_t> declared;
  for (const v1::Value& parameter : request.parameters) {
    const TypeRef type =
        parameter.type().empty() ? nullptr : types.FindByName(parameter.type());
    if (type == nullptr && !parameter.type().empty()) return false;
    declared.push_back(type == nullptr ? kToBeInferred : type->oid);
  }
  while (!declared.empty() && declared.back() == kToBeInferred) {
    declared.pop_back();
  }
  const std::string key = PreparedStatements::MakeKey(request.sql, declared);
  return connection.prepared_statements().Find(key) != nullptr;
}

Task<absl::StatusOr<Preparation>> Prepare(Connection& connection,
                                          TypeCatalog& types,
                                          const StatementRequest& request) {
  Task<absl::StatusOr<std::vector<uint32_t>>> resolving = ResolveDeclaredTypes(
      connection, types, request.parameters, Lookup::kUnknown);
  const absl::StatusOr<std::vector<uint32_t>> declared =
      co_await std::move(resolving);
  if (!declared.ok()) co_return declared.status();

  Preparation preparation;
  PreparedStatements& cache = connection.prepared_statements();
  preparation.key = PreparedStatements::MakeKey(request.sql, *declared);
  preparation.cached = cache.Find(preparation.key);
  if (preparation.cached != nullptr) co_return std::move(preparation);

  const bool keep =
      request.sql.size() <= kMaxKeptBytes && !request.keeps_no_description;
  std::string name = keep ? cache.NextName() : "";
  Task<absl::StatusOr<PreparedStatement>> preparing =
      ParseAndLearn(connection, types, request, name, *declared);
  absl::StatusOr<PreparedStatement> statement = co_await std::move(preparing);
  if (!statement.ok()) {
    if (keep) cache.Abandon(std::move(name));
    co_return statement.status();
  }
  if (keep) {
    preparation.cached = cache.Add(preparation.key, *std::move(statement));
  } else {
    preparation.unnamed = *std::move(statement);
  }
  co_return std::move(preparation);
}

Task<absl::StatusOr<PreparedStatement>> PrepareAfresh(
    Connection& connection, TypeCatalog& types,
    const StatementRequest& request) {
  Task<absl::StatusOr<std::vector<uint32_t>>> resolving =
      ResolveDeclaredTypes(connection, types, request.parameters, Lookup::kAll);
  absl::StatusOr<std::vector<uint32_t>> declared =
      co_await std::move(resolving);
  if (!declared.ok()) co_return declared.status();

  const std::string unnamed;
  DescribeReply reply(request.detail_policy);
  Task<absl::Status> describing =
      ParseAndDescribe(connection, unnamed, request.sql, *declared, reply);
  absl::Status status = co_await std::move(describing);
  if (!status.ok()) co_return status;

  const size_t wanted = reply.parameter_oids().size();
  if (static_cast<size_t>(request.parameters.size()) > wanted) {
    co_return ParameterCountError(
        static_cast<size_t>(request.parameters.size()), wanted);
  }
  if (!declared->empty() && declared->size() == wanted) {
    Task<absl::Status> checking =
        CheckLastDeclared(connection, request, *declared);
    status = co_await std::move(checking);
    if (!status.ok()) co_return status;
  }
  const std::vector<uint32_t> unknown =
      UnknownTypesOf(reply, types, Lookup::kAll);
  if (!unknown.empty()) {
    Task<absl::Status> learning = LearnTypes(connection, types, unknown);
    status = co_await std::move(learning);
    if (!status.ok()) co_return status;
  }
  co_return MakeStatement(unnamed, types, reply);
}

}  // namespace sluice::postgres

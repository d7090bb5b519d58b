#include "server/execution/own_query.h"

#include <limits>
#include <utility>

#include "server/execution/result_set_sink.h"
#include "server/postgres/statement.h"

namespace sluice::execution {
namespace {

constexpr int64_t kMaxRows = 1000;

}  // namespace

std::string OwnResult::Text(int column) const {
  if (column >= rows.columns_size()) return "";
  const v1::TextColumn& texts = rows.columns(column).texts();
  return texts.values().empty() ? "" : texts.values(0);
}

std::string OwnResult::Bytes(int column) const {
  if (column >= rows.columns_size()) return "";
  const v1::BlobColumn& blobs = rows.columns(column).blobs();
  return blobs.values().empty() ? "" : blobs.values(0);
}

Task<OwnResult> RunOwnQuery(postgres::Connection& connection,
                            postgres::Pool& pool, const OwnQuery& query,
                            Cancellation& cancellation) {
  postgres::StatementRequest request(query.sql, query.parameters);
  request.access = query.access;
  request.max_parameter_bytes = std::numeric_limits<int32_t>::max();
  ResultLimits limits;
  limits.max_rows = kMaxRows;
  limits.max_bytes = std::numeric_limits<int32_t>::max();
  limits.max_value_bytes = limits.max_bytes;
  OwnResult result;
  ResultSetSink sink(limits, &result.rows);
  Task<postgres::StatementResult> running = postgres::RunStatement(
      connection, pool.types(), pool.canceller(), request, sink, cancellation);
  const postgres::StatementResult ran = co_await std::move(running);
  result.connection_lost = ran.connection_lost;
  result.status = ran.status.ok() ? sink.status() : ran.status;
  co_return std::move(result);
}

v1::Value TextParameter(absl::string_view text) {
  v1::Value value;
  value.set_text_value(std::string(text));
  return value;
}

v1::Value BytesParameter(std::string bytes) {
  v1::Value value;
  value.set_bytes_value(std::move(bytes));
  return value;
}

v1::Value IntegerParameter(int64_t integer) {
  v1::Value value;
  value.set_int64_value(integer);
  return value;
}

}  // namespace sluice::execution

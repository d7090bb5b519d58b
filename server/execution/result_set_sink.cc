#include "server/execution/result_set_sink.h"

#include <utility>

namespace sluice::execution {

void ResultSetSink::Begin(
    const std::vector<postgres::ColumnDescription>& columns,
    postgres::RowSource& /*source*/) {
  StartAnew();
  result_set_->Clear();
  std::vector<postgres::TypeRef> types;
  types.reserve(columns.size());
  for (const postgres::ColumnDescription& column : columns) {
    FillMetadata(column, *result_set_->add_metadata());
    types.push_back(column.type);
  }
  decoder_.emplace(types, result_set_->mutable_columns(), limits().max_bytes);
}

size_t ResultSetSink::RowBudget() const {
  return static_cast<size_t>(bytes_left()) + RowOverhead(column_count());
}

postgres::RowSink::Next ResultSetSink::AddRow(absl::string_view body) {
  const size_t value_bytes = body.size() - RowOverhead(column_count());
  const Next counted = CountRow(value_bytes, column_count());
  if (counted != Next::kContinue) return Conclude(counted);
  absl::Status added = decoder_->AddRow(body);
  if (!added.ok()) return Conclude(Fail(std::move(added)));
  result_set_->set_row_count(result_set_->row_count() + 1);
  return Next::kContinue;
}

postgres::RowSink::Next ResultSetSink::AddLongRow(size_t bytes) {
  return Conclude(CountRow(bytes, column_count()));
}

postgres::RowSink::Next ResultSetSink::Conclude(Next next) {
  if (next == Next::kFail || next == Next::kStale) result_set_->Clear();
  return next;
}

}  // namespace sluice::execution

#include "server/execution/result_set_sink.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace sluice::execution {

void ResultSetSink::Begin(
    const std::vector<postgres::ColumnDescription>& columns) {
  result_set_->Clear();
  bytes_ = 0;
  truncated_ = false;
  status_ = absl::OkStatus();
  std::vector<postgres::TypeRef> types;
  types.reserve(columns.size());
  for (const postgres::ColumnDescription& column : columns) {
    v1::ColumnMetadata* metadata = result_set_->add_metadata();
    metadata->set_name(column.name);
    metadata->set_table_oid(column.table_oid);
    metadata->set_column_number(column.column_number);
    postgres::FillType(*column.type, column.type_modifier,
                       *metadata->mutable_type());
    types.push_back(column.type);
  }
  decoder_.emplace(types, result_set_->mutable_columns(), limits_.max_bytes);
}

size_t ResultSetSink::RowOverhead() const {
  // A count, and a length for each column.
  return sizeof(int16_t) +
         static_cast<size_t>(result_set_->columns_size()) * sizeof(int32_t);
}

size_t ResultSetSink::RowBudget() const {
  return static_cast<size_t>(limits_.max_bytes - bytes_) + RowOverhead();
}

postgres::RowSink::Next ResultSetSink::AddRow(absl::string_view body) {
  if (result_set_->row_count() >= limits_.max_rows) {
    return OverLimit(v1::ERROR_REASON_ROW_LIMIT, "rows", limits_.max_rows);
  }
  // A NULL has no bytes but takes its slot.
  const size_t value_bytes = body.size() - RowOverhead();
  const auto slots = static_cast<size_t>(result_set_->columns_size());
  const auto cost = static_cast<int64_t>(std::max(value_bytes, slots));
  if (cost > limits_.max_bytes - bytes_) {
    return OverLimit(v1::ERROR_REASON_BYTE_LIMIT, "bytes of values",
                     limits_.max_bytes);
  }
  absl::Status added = decoder_->AddRow(body);
  if (!added.ok()) return Fail(std::move(added));
  bytes_ += cost;
  result_set_->set_row_count(result_set_->row_count() + 1);
  return Next::kContinue;
}

postgres::RowSink::Next ResultSetSink::SkipRow(size_t /*bytes*/) {
  if (result_set_->row_count() >= limits_.max_rows) {
    return OverLimit(v1::ERROR_REASON_ROW_LIMIT, "rows", limits_.max_rows);
  }
  return OverLimit(v1::ERROR_REASON_BYTE_LIMIT, "bytes of values",
                   limits_.max_bytes);
}

postgres::RowSink::Next ResultSetSink::OverLimit(v1::ErrorReason reason,
                                                 absl::string_view noun,
                                                 int64_t limit) {
  if (limits_.on_limit == v1::LIMIT_ACTION_TRUNCATE) {
    truncated_ = true;
    return Next::kStop;
  }
  return Fail(MakeError(
      absl::StatusCode::kResourceExhausted, reason,
      absl::StrCat("the result has more ", noun, " than the limit of ", limit),
      {{"limit", absl::StrCat(limit)}, {"executed", "no"}}));
}

postgres::RowSink::Next ResultSetSink::Fail(absl::Status status) {
  status_ = std::move(status);
  result_set_->Clear();
  return Next::kFail;
}

}  // namespace sluice::execution

#include "server/execution/result_sink.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/postgres/codec/type_entry.h"

namespace sluice::execution {

void ResultSink::StartAnew() {
  tally_->rows -= row_count_;
  tally_->bytes -= bytes_;
  row_count_ = 0;
  bytes_ = 0;
  truncated_ = false;
  status_ = absl::OkStatus();
}

postgres::RowSink::Next ResultSink::CountRow(size_t value_bytes, size_t slots) {
  if (tally_->rows >= limits_.max_rows) {
    return OverLimit(v1::ERROR_REASON_ROW_LIMIT, "rows", limits_.max_rows);
  }
  // A NULL has no bytes but takes its slot.
  const auto cost = static_cast<int64_t>(std::max(value_bytes, slots));
  if (cost > bytes_left()) {
    return OverLimit(v1::ERROR_REASON_BYTE_LIMIT, "bytes of values",
                     limits_.max_bytes);
  }
  ++row_count_;
  ++tally_->rows;
  bytes_ += cost;
  tally_->bytes += cost;
  return Next::kContinue;
}

postgres::RowSink::Next ResultSink::OverLimit(v1::ErrorReason reason,
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

postgres::RowSink::Next ResultSink::Fail(absl::Status status) {
  status_ = std::move(status);
  return ReasonOf(status_) == v1::ERROR_REASON_PROTOCOL_VIOLATION ? Next::kStale
                                                                  : Next::kFail;
}

size_t RowOverhead(size_t columns) {
  return sizeof(int16_t) + columns * sizeof(int32_t);
}

void FillMetadata(const postgres::ColumnDescription& column,
                  v1::ColumnMetadata& metadata) {
  metadata.set_name(column.name);
  metadata.set_table_oid(column.table_oid);
  metadata.set_column_number(column.column_number);
  postgres::FillType(*column.type, column.type_modifier,
                     *metadata.mutable_type());
}

}  // namespace sluice::execution

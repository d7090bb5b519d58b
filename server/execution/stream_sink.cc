#include "server/execution/stream_sink.h"

#include <algorithm>
#include <utility>

#include "server/base/error.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::execution {
namespace {

// A batch is sent from this size on, or waits until the one before it has been
// written; with its last row it is no longer than twice that.
constexpr size_t kBatchBytes = size_t{128} * 1024;
// The longest row taken whole.
constexpr size_t kMaxRowBytes = kBatchBytes;
// Rows that come slowly wait no longer.
constexpr absl::Duration kFlushAfter = absl::Milliseconds(100);
// What the numerics of a batch may take beyond what PostgreSQL sent, so that a
// message stays below the 4 MiB that gRPC stubs accept.
constexpr int64_t kMaxExpansionBytes = int64_t{3} * 1024 * 1024;
// How long the last batch may take to be written when the call has been
// cancelled or its time is up.
constexpr absl::Duration kAbandonPatience = absl::Seconds(1);

}  // namespace

StreamSink::StreamSink(const ResultLimits& limits, EventLoop& loop,
                       StreamWriter& writer, absl::Duration max_stall,
                       const Cancellation& cancellation)
    : ResultSink(limits),
      output_(loop, writer, max_stall),
      cancellation_(cancellation),
      flush_(loop) {
  output_.OnIdle([this] { OnIdle(); });
}

void StreamSink::Begin(const std::vector<postgres::ColumnDescription>& columns,
                       postgres::RowSource& source) {
  StartAnew();
  source_ = &source;
  types_.clear();
  header_.mutable_header()->Clear();
  for (const postgres::ColumnDescription& column : columns) {
    FillMetadata(column, *header_.mutable_header()->add_metadata());
    types_.push_back(column.type);
  }
  batch_.mutable_batch()->Clear();
  row_bytes_ = 0;
  flush_due_ = false;
  long_row_.reset();
  decoder_.emplace(types_, batch_.mutable_batch()->mutable_columns(),
                   kMaxExpansionBytes);
}

void StreamSink::End() {
  source_ = nullptr;
  // Another attempt may follow, and what is here be forgotten.
  flush_.Stop();
}

size_t StreamSink::RowBudget() const { return kMaxRowBytes; }

bool StreamSink::IsUnwanted() {
  if (!cancellation_.Requested() && !output_.failed()) return false;
  const CancelCause cause =
      cancellation_.Requested() ? cancellation_.cause() : CancelCause::kCaller;
  Fail(CancellationError(cause, "stream"));
  return true;
}

postgres::RowSink::Next StreamSink::AddRow(absl::string_view body) {
  if (IsUnwanted()) return Next::kFail;
  const size_t overhead = RowOverhead(types_.size());
  const size_t value_bytes = body.size() - std::min(body.size(), overhead);
  if (static_cast<int64_t>(value_bytes) > limits().max_value_bytes &&
      HasTooLongValue(body)) {
    return RefuseValue(limits().max_value_bytes);
  }
  const Next counted = CountRow(value_bytes, types_.size());
  if (counted != Next::kContinue) return counted;
  absl::Status added = decoder_->AddRow(body);
  if (!added.ok()) return Fail(std::move(added));
  return AfterRow(value_bytes);
}

bool StreamSink::HasTooLongValue(absl::string_view body) const {
  postgres::WireReader reader(body);
  uint16_t column_count = 0;
  reader.Read(column_count);
  int32_t bytes = 0;
  while (reader.Read(bytes)) {
    if (bytes > limits().max_value_bytes) return true;
    absl::string_view value;
    if (bytes > 0 && !reader.ReadBytes(bytes, value)) return false;
  }
  return false;
}

postgres::RowSink::Next StreamSink::RefuseValue(int64_t limit) {
  return OverLimit(v1::ERROR_REASON_VALUE_LIMIT, "bytes in one value", limit);
}

postgres::RowSink::Next StreamSink::AddLongRow(size_t bytes) {
  if (IsUnwanted()) return Next::kFail;
  const Next counted = CountRow(
      bytes - std::min(bytes, RowOverhead(types_.size())), types_.size());
  if (counted != Next::kContinue) return counted;
  // Its fragments belong to the first row of the batch behind them.
  SendHeader();
  if (decoder_->row_count() > 0) SendBatch();
  long_row_.emplace(types_, bytes, limits().max_value_bytes, *decoder_,
                    output_);
  return PauseUnlessIdle();
}

postgres::RowSink::Next StreamSink::AddPiece(absl::string_view piece) {
  if (IsUnwanted()) return Next::kFail;
  switch (long_row_->Add(piece)) {
    case LongRow::Progress::kNeedsPiece:
      return PauseUnlessIdle();
    case LongRow::Progress::kComplete:
      long_row_.reset();
      return AfterRow(kMaxRowBytes);
    case LongRow::Progress::kTooLong:
      DropRow();
      decoder_->Clear();
      return RefuseValue(long_row_->limit());
    case LongRow::Progress::kFailed:
      break;
  }
  return Fail(long_row_->status());
}

size_t StreamSink::batch_bytes() const {
  return row_bytes_ + static_cast<size_t>(decoder_->expansion_bytes());
}

postgres::RowSink::Next StreamSink::AfterRow(size_t value_bytes) {
  if (row_bytes_ == 0) {
    flush_.Start(Deadline::In(kFlushAfter), [this] { OnFlushDue(); });
  }
  row_bytes_ += std::max({value_bytes, types_.size(), size_t{1}});
  if (batch_bytes() < kBatchBytes) return Next::kContinue;
  if (!output_.idle()) return Next::kPause;
  SendBatch();
  return Next::kContinue;
}

postgres::RowSink::Next StreamSink::PauseUnlessIdle() {
  return output_.idle() ? Next::kContinue : Next::kPause;
}

void StreamSink::SendHeader() {
  if (std::exchange(header_sent_, true)) return;
  output_.Send(header_);
}

void StreamSink::SendBatch() {
  SendHeader();
  batch_.mutable_batch()->set_row_count(decoder_->row_count());
  output_.Send(batch_);
  decoder_->Clear();
  row_bytes_ = 0;
  flush_due_ = false;
  flush_.Stop();
}

void StreamSink::OnIdle() {
  // A row that failed may have left some of its slots in the batch.
  if (status().ok() && decoder_.has_value() && !long_row_.has_value() &&
      decoder_->row_count() > 0 &&
      (flush_due_ || batch_bytes() >= kBatchBytes)) {
    SendBatch();
  }
  if (source_ != nullptr) source_->Resume();
}

void StreamSink::OnFlushDue() {
  flush_due_ = true;
  if (output_.idle()) OnIdle();
}

Task<void> StreamSink::Finish(const v1::ExecutionSummary& summary) {
  SendHeader();
  if (decoder_->row_count() > 0) SendBatch();
  v1::QueryStreamResponse last;
  *last.mutable_summary() = summary;
  output_.Send(last);
  Task<void> settling = output_.Settle(absl::InfiniteDuration());
  co_await std::move(settling);
}

Task<void> StreamSink::Abandon() {
  // A caller who is busy with a batch is to learn why there are no more.
  return Abandon(cancellation_.Requested() ? kAbandonPatience
                                           : absl::InfiniteDuration());
}

Task<void> StreamSink::Abandon(absl::Duration patience) {
  output_.Discard();
  Task<void> settling = output_.Settle(patience);
  co_await std::move(settling);
}

}  // namespace sluice::execution

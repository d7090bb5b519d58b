// StreamSink: sends the rows of a streamed result in batches, and makes
// PostgreSQL wait for a caller who does not take them.

#ifndef SLUICE_SERVER_EXECUTION_STREAM_SINK_H_
#define SLUICE_SERVER_EXECUTION_STREAM_SINK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/execution/long_row.h"
#include "server/execution/result_sink.h"
#include "server/execution/stream_output.h"
#include "server/postgres/codec/row_decoder.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// Two buffers: the batch that is being filled, and the one that gRPC is
// writing.
// Threads: belongs to one event loop.
// Lifetime: until Finish or Abandon has ended; `cancellation` outlives it.
class StreamSink final : public ResultSink {
 public:
  // `max_stall`: as for StreamOutput.
  StreamSink(const ResultLimits& limits, EventLoop& loop, StreamWriter& writer,
             absl::Duration max_stall, const Cancellation& cancellation);

  void Begin(const std::vector<postgres::ColumnDescription>& columns,
             postgres::RowSource& source) override;
  void End() override;
  Next AddRow(absl::string_view body) override;
  size_t RowBudget() const override;
  Next AddLongRow(size_t bytes) override;
  Next AddPiece(absl::string_view piece) override;
  bool MayStartAnew() const override { return !header_sent_; }

  // After the statement has ended well: sends what is left, then the summary,
  // and waits until all is written or the caller has gone.
  Task<void> Finish(const v1::ExecutionSummary& summary);
  // After it has failed: drops what is left and waits for what is being
  // written, a second at most when the statement was cancelled.
  Task<void> Abandon();
  // The same, with the patience that the caller's stream deserves: it may go
  // on after the statement.
  Task<void> Abandon(absl::Duration patience);

 private:
  // Whether nobody wants the rows any more; fails the result then.
  bool IsUnwanted();
  bool HasTooLongValue(absl::string_view body) const;
  Next RefuseValue(int64_t limit);
  // After a row: sends the batch when it is long enough.
  Next AfterRow(size_t value_bytes);
  Next PauseUnlessIdle();
  size_t batch_bytes() const;
  void SendHeader();
  void SendBatch();
  void OnIdle();
  void OnFlushDue();

  StreamOutput output_;
  const Cancellation& cancellation_;
  postgres::RowSource* source_ = nullptr;
  std::vector<postgres::TypeRef> types_;
  v1::QueryStreamResponse header_;
  bool header_sent_ = false;
  v1::QueryStreamResponse batch_;
  // Of batch_.
  std::optional<postgres::RowDecoder> decoder_;
  // Of the values in batch_, as PostgreSQL sent them, a byte at least for each.
  size_t row_bytes_ = 0;
  std::optional<LongRow> long_row_;
  // Runs while batch_ has rows.
  Timer flush_;
  bool flush_due_ = false;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_STREAM_SINK_H_

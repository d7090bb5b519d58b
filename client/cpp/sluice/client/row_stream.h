// A result that is read while it comes.

#ifndef SLUICE_CLIENT_ROW_STREAM_H_
#define SLUICE_CLIENT_ROW_STREAM_H_

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/client/column_set.h"
#include "sluice/client/internal/batch.h"
#include "sluice/client/internal/batch_assembler.h"
#include "sluice/client/internal/part_source.h"
#include "sluice/client/row.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

template <typename... T>
class TypedRowStream;

// The rows of a QueryStream, one batch of them in memory at a time (some
// 256 KiB, or the longest row). Who does not read on stops PostgreSQL.
//
// An error on the way is an element of the sequence, its last: the end without
// one is the end of the result.
//
//   for (const absl::StatusOr<Row>& row : *stream) {
//     if (!row.ok()) return row.status();
//     ...
//   }
//
// Lifetime: destroyed before its end it cancels the call, which stops the
// statement in PostgreSQL. Rows that were taken from it live on by themselves.
// Threads: one at a time. To stop it from another one: CallOptions::stop.
class RowStream {
 public:
  class Iterator;

  // Waits for the header of the result.
  // Errors: those of the call; INTERNAL where the stream is malformed.
  static absl::StatusOr<RowStream> Open(
      std::unique_ptr<internal::PartSource> source);
  RowStream(RowStream&&) = default;
  RowStream& operator=(RowStream&&) = default;

  const ColumnSet& columns() const { return *column_set_; }

  // A stream is gone through once: begin() waits for the first row that was
  // not taken.
  Iterator begin();
  std::default_sentinel_t end() const { return std::default_sentinel; }

  // The rows as tuples; see TypedRowStream (typed_row_stream.h).
  template <typename... T>
  TypedRowStream<T...> as() {
    return TypedRowStream<T...>(*this);
  }

  // Waits for the next element, which is then current(). False at the end.
  bool Next();
  // Whether Next() has one without waiting: a row of the batch in memory.
  bool has_next_at_hand() const {
    return batch_ != nullptr && next_row_ < batch_->row_count();
  }
  // After a Next that returned true; until the next one.
  const absl::StatusOr<Row>& current() const { return current_; }

  // How the statement ran.
  // Errors: FAILED_PRECONDITION before the end; the error that ended the
  // stream.
  const absl::StatusOr<v1::ExecutionSummary>& summary() const {
    return summary_;
  }

 private:
  RowStream(std::unique_ptr<internal::PartSource> source,
            std::shared_ptr<const ColumnSet> column_set)
      : source_(std::move(source)),
        column_set_(std::move(column_set)),
        assembler_(column_set_) {}

  // Waits for a batch that has rows, or the summary.
  using BatchOrSummary = std::variant<std::shared_ptr<const internal::Batch>,
                                      v1::ExecutionSummary>;
  absl::StatusOr<BatchOrSummary> ReadBatch();
  absl::Status ReadEnd() const;
  // Lets go of the call. An error becomes the last element.
  bool End(absl::StatusOr<v1::ExecutionSummary> summary);

  // Null after the end.
  std::unique_ptr<internal::PartSource> source_;
  std::shared_ptr<const ColumnSet> column_set_;
  internal::BatchAssembler assembler_;
  std::shared_ptr<const internal::Batch> batch_;
  // The row of `batch_` that comes next.
  size_t next_row_ = 0;
  absl::StatusOr<Row> current_ =
      absl::FailedPreconditionError("no row was asked for");
  // After the end: the summary, or why there is none.
  absl::StatusOr<v1::ExecutionSummary> summary_ =
      absl::FailedPreconditionError("the stream has not ended");
};

class RowStream::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = absl::StatusOr<Row>;
  using difference_type = std::ptrdiff_t;
  using pointer = const value_type*;
  using reference = const value_type&;

  explicit Iterator(RowStream& stream) : stream_(&stream) { ++*this; }

  reference operator*() const { return stream_->current(); }
  pointer operator->() const { return &stream_->current(); }
  Iterator& operator++() {
    if (!stream_->Next()) stream_ = nullptr;
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const Iterator& one, std::default_sentinel_t) {
    return one.stream_ == nullptr;
  }

 private:
  RowStream* stream_;
};

inline RowStream::Iterator RowStream::begin() { return Iterator(*this); }

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_ROW_STREAM_H_

// ResultSink: where the rows of one unit of work go, within its limits.

#ifndef SLUICE_SERVER_EXECUTION_RESULT_SINK_H_
#define SLUICE_SERVER_EXECUTION_RESULT_SINK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/row_sink.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::execution {

// Limits of one result, those of the server and of the request already
// brought together.
struct ResultLimits {
  int64_t max_rows = 0;
  // Of values, as PostgreSQL sends them.
  int64_t max_bytes = 0;
  // Of one value; of streams alone.
  int64_t max_value_bytes = 0;
  v1::LimitAction on_limit = v1::LIMIT_ACTION_ERROR;
};

// Rows and bytes so far, of one result or of several that share their limits.
struct ResultTally {
  int64_t rows = 0;
  int64_t bytes = 0;
};

class ResultSink : public postgres::RowSink {
 public:
  // `shared`, where given, outlives it.
  explicit ResultSink(const ResultLimits& limits, ResultTally* shared = nullptr)
      : limits_(limits), tally_(shared == nullptr ? &own_tally_ : shared) {}
  ResultSink(const ResultSink&) = delete;

  const ResultLimits& limits() const { return limits_; }

  // Rows taken so far.
  int64_t row_count() const { return row_count_; }
  // Why the result failed: RESOURCE_EXHAUSTED (ROW_LIMIT, BYTE_LIMIT,
  // VALUE_LIMIT), or what the codec says. OK: it did not.
  const absl::Status& status() const { return status_; }
  // Whether rows were left out at a limit.
  bool truncated() const { return truncated_; }

  // Forgets an earlier attempt.
  void StartAnew();

 protected:
  // Counts a row of so many bytes of values and slots. Another answer than
  // kContinue: it is beyond a limit.
  Next CountRow(size_t value_bytes, size_t slots);
  // Takes back the last row: it did not go out.
  void DropRow() {
    --row_count_;
    --tally_->rows;
  }
  // The answer to what is beyond a limit, by `limits.on_limit`. `noun`: of
  // what there is more than `limit`.
  Next OverLimit(v1::ErrorReason reason, absl::string_view noun, int64_t limit);
  // Fails the result: kFail, or kStale where a row was malformed.
  Next Fail(absl::Status status);

  int64_t bytes_left() const { return limits_.max_bytes - tally_->bytes; }

 private:
  const ResultLimits limits_;
  ResultTally own_tally_;
  ResultTally* const tally_;
  // Of this result's share in the tally.
  int64_t row_count_ = 0;
  int64_t bytes_ = 0;
  bool truncated_ = false;
  absl::Status status_;
};

// What is not a value in the body of a row of so many columns: a count, and a
// length for each column.
size_t RowOverhead(size_t columns);

// Describes a column to the caller.
void FillMetadata(const postgres::ColumnDescription& column,
                  v1::ColumnMetadata& metadata);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_RESULT_SINK_H_

// ResultSetSink: gathers the rows of a unary result, within its limits.

#ifndef SLUICE_SERVER_EXECUTION_RESULT_SET_SINK_H_
#define SLUICE_SERVER_EXECUTION_RESULT_SET_SINK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/row_decoder.h"
#include "server/postgres/statement.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

// Limits of one result, those of the server and of the request already
// brought together.
struct ResultLimits {
  int64_t max_rows = 0;
  // Of values, as PostgreSQL sends them.
  int64_t max_bytes = 0;
  v1::LimitAction on_limit = v1::LIMIT_ACTION_ERROR;
};

// Lifetime: `result_set`, empty at first, outlives it.
class ResultSetSink : public postgres::RowSink {
 public:
  ResultSetSink(const ResultLimits& limits, v1::ResultSet* result_set)
      : limits_(limits), result_set_(result_set) {}

  void Begin(const std::vector<postgres::ColumnDescription>& columns) override;
  Next AddRow(absl::string_view body) override;
  size_t RowBudget() const override;
  Next SkipRow(size_t bytes) override;

  // Why the result failed: RESOURCE_EXHAUSTED (ROW_LIMIT, BYTE_LIMIT), or what
  // the codec says. OK: it did not.
  const absl::Status& status() const { return status_; }
  bool truncated() const { return truncated_; }

 private:
  size_t RowOverhead() const;
  Next OverLimit(v1::ErrorReason reason, absl::string_view noun, int64_t limit);
  Next Fail(absl::Status status);

  const ResultLimits limits_;
  v1::ResultSet* const result_set_;
  std::optional<postgres::RowDecoder> decoder_;
  int64_t bytes_ = 0;
  bool truncated_ = false;
  absl::Status status_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_RESULT_SET_SINK_H_

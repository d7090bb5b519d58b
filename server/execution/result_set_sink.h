// ResultSetSink: gathers the rows of a unary result.

#ifndef SLUICE_SERVER_EXECUTION_RESULT_SET_SINK_H_
#define SLUICE_SERVER_EXECUTION_RESULT_SET_SINK_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/execution/result_sink.h"
#include "server/postgres/codec/row_decoder.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

// Lifetime: `result_set`, empty at first, outlives it.
class ResultSetSink final : public ResultSink {
 public:
  // `shared`: as for ResultSink.
  ResultSetSink(const ResultLimits& limits, v1::ResultSet* result_set,
                ResultTally* shared = nullptr)
      : ResultSink(limits, shared), result_set_(result_set) {}

  void Begin(const std::vector<postgres::ColumnDescription>& columns,
             postgres::RowSource& source) override;
  Next AddRow(absl::string_view body) override;
  size_t RowBudget() const override;
  Next AddLongRow(size_t bytes) override;
  bool MayStartAnew() const override { return true; }

 private:
  size_t column_count() const {
    return static_cast<size_t>(result_set_->columns_size());
  }
  // Passes an answer on; a result that has failed holds no rows.
  Next Conclude(Next next);

  v1::ResultSet* const result_set_;
  std::optional<postgres::RowDecoder> decoder_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_RESULT_SET_SINK_H_

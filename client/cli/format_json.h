// Rows as JSON.

#ifndef SLUICE_CLIENT_CLI_FORMAT_JSON_H_
#define SLUICE_CLIENT_CLI_FORMAT_JSON_H_

#include "client/cli/result_writer.h"

namespace sluice::cli {

enum class JsonShape {
  // One array.
  kArray,
  // Lines alone; nothing for a statement without rows.
  kLines,
};

// An object per row, in a line of its own. Integers, floats and
// numerics are number literals with every digit that PostgreSQL holds; NaN
// and the infinities, which JSON lacks, are strings. Booleans and NULL are
// JSON's own, json and jsonb values stand as they are, arrays are arrays
// (without their lower bounds), composites objects by the names of their
// fields. A range is {"lower": 1, "upper": 5, "bounds": "[)"}: a bound that
// there is not is null, and `bounds` of an empty range is "empty"; a multirange
// is an array of these. All else is the string that AppendCellText writes.
// Columns of one name give keys of one name, in their order.
class JsonWriter : public ResultWriter {
 public:
  JsonWriter(JsonShape shape, Output& output)
      : shape_(shape), output_(output) {}

  void Begin(const client::ColumnSet& columns) override;
  void WriteRows(absl::Span<const client::Row> rows) override;
  void End(const v1::ExecutionSummary& summary) override;

 private:
  const JsonShape shape_;
  Output& output_;
  bool has_rows_ = false;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_FORMAT_JSON_H_
